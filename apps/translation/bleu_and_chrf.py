"""Figures of whole translations."""

import sacrebleu


def translation_scores(translations, references):
    """BLEU, chrF and exact match of a corpus, by sacrebleu.

    BLEU is that of sacrebleu's default tokenizer `13a`, with case; and without case beside it.

    Args:
        translations: List of strings.
        references: List of strings, or of lists of them where a source has several references.

    Returns:
        Dictionary of `bleu`, `bleu_lowercase` and `chrf`, from 0 to 100, and of `exact_match`, the
        share in [0, 1] of translations that are equal to a reference.

    Raises:
        ValueError: If the lists are empty, or not of the same length, or a source has no reference.

    Example:
        >>> scores = translation_scores(["Ein Hund rennt durch den Schnee."] * 2,
        ...                             ["Ein Hund rennt durch den Schnee."] * 2)
        >>> round(scores["bleu"], 1), scores["exact_match"]
        (100.0, 1.0)

    Reference: Post 2018, arXiv:1804.08771 (sacrebleu); Papineni et al. 2002 (BLEU); Popović 2015
    (chrF).
    """
    if not translations or len(translations) != len(references):
        raise ValueError(
            "`translations` and `references` must be of the same length, at least 1, got "
            f"{len(translations)} and {len(references)}."
        )
    references = [[each] if isinstance(each, str) else list(each) for each in references]
    if not all(references):
        raise ValueError(f"`references[{references.index([])}]` must have a reference, got none.")
    most = max(map(len, references))
    # A stream of references has one for each source, or None.
    streams = [[r[n] if n < len(r) else None for r in references] for n in range(most)]
    matches = sum(text in known for text, known in zip(translations, references))
    return {
        "bleu": sacrebleu.corpus_bleu(translations, streams).score,
        "bleu_lowercase": sacrebleu.corpus_bleu(translations, streams, lowercase=True).score,
        "chrf": sacrebleu.corpus_chrf(translations, streams).score,
        "exact_match": matches / len(translations),
    }
