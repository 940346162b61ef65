"""Texts with their translations, in two files or in columns."""

from apps.datasets.text_files import read_utf8_lines


def read_parallel(source_path, target_path):
    """Returns the lines of two files that translate each other as pairs `(source, target)`.

    White space around a line is dropped.

    Args:
        source_path: A file with a sentence a line.
        target_path: A file whose lines are their translations.

    Raises:
        ValueError: A file is not UTF-8 or has an empty line, or one has more lines than the other;
            the message names file and line, or both files and their numbers of lines.

    Example:
        >>> read_parallel("val.en", "val.de")[0]  # doctest: +SKIP
        ('A group of men are loading cotton onto a truck', 'Eine Gruppe von Männern ...')
    """
    sources, targets = _sentences(source_path), _sentences(target_path)
    if len(sources) != len(targets):
        raise ValueError(
            f"expected files with as many lines as each other, got {len(sources):,} lines in "
            f"{source_path} and {len(targets):,} in {target_path}"
        )
    return list(zip(sources, targets))


def read_pairs(path):
    r"""Returns the lines `source<TAB>target` of a file as pairs `(source, target)`.

    A third column, as manythings.org has it for the attribution, is not read. White space around
    the two is dropped.

    Args:
        path: A file.

    Raises:
        ValueError: The file is not UTF-8, or a line is malformed; the message names file and line.

    Example:
        >>> read_pairs("spa.txt")[0]  # doctest: +SKIP
        ('Go.', 'Ve.')
    """
    pairs = []
    for number, line in enumerate(read_utf8_lines(path), start=1):
        columns = [column.strip() for column in line.split("\t")]
        if len(columns) not in {2, 3} or not all(columns[:2]):
            raise ValueError(
                f"{path}, line {number}: expected 'source<TAB>target' and at most one more column, "
                f"got {line!r}"
            )
        pairs.append((columns[0], columns[1]))
    return pairs


def _sentences(path):
    sentences = [line.strip() for line in read_utf8_lines(path)]
    if "" in sentences:
        line = sentences.index("") + 1
        raise ValueError(f"{path}, line {line}: expected a sentence, got an empty line")
    return sentences
