"""Parts of speech from raw text: F1 of the words that are split and tagged as in the treebank.

    python -m benchmarks.raw_tagging --data-dir CORPORA [--preset pos_ewt]

The sentences of EWT's validation part come as text, one by one. It is the measure of the CoNLL 2018
shared task (Zeman et al. 2018, section 4): a word of the tagger is right if a word of the treebank
has the same characters of the text and the same tag; the words of a multi-word token, which may not
be pieces of the text, are aligned by their longest common subsequence.

    F1 = 2 right / (words of the tagger + words of the treebank)
"""

import argparse
import difflib
import pathlib

import zoo


def read(path):
    """The sentences of a CoNLL-U file: the text, and its words as units of words and tags.

    A unit is a token of the text, `(form, [(word, tag), ...])`: a multi-word token has several.
    """
    for block in pathlib.Path(path).read_text("utf-8").strip().split("\n\n"):
        text, units, last = "", [], 0
        for line in block.split("\n"):
            if line.startswith("# text = "):
                text = line.removeprefix("# text = ")
            columns = line.split("\t")
            first, _, end = columns[0].partition("-")
            if len(columns) != 10 or not first.isdigit():
                continue
            if end:
                units.append((columns[1], []))
                last = int(end)
                continue
            if int(first) > last:
                units.append((columns[1], []))
            units[-1][1].append((columns[1], columns[3]))
        yield text, units


def count(text, units, tokens, offsets, tags):
    """Numbers of words that are right, that only the split is right of, and of both sides."""
    place = [0]  # of each character, without white space
    for character in text:
        place.append(place[-1] + (not character.isspace()))
    found = [
        (place[start], place[end], token, tag)
        for token, (start, end), tag in zip(tokens, offsets, tags)
    ]
    right = split = begin = 0
    for form, words in units:
        end = begin + sum(not character.isspace() for character in form)
        inside = [each for each in found if each[0] < end and each[1] > begin]
        if len(words) == 1:
            pairs = [(words[0], each) for each in inside if each[:2] == (begin, end)]
        else:
            ours, theirs = [each[2].lower() for each in inside], [word.lower() for word, _ in words]
            matcher = difflib.SequenceMatcher(None, theirs, ours, autojunk=False)
            pairs = [
                (words[block.a + i], inside[block.b + i])
                for block in matcher.get_matching_blocks()
                for i in range(block.size)
            ]
        split += len(pairs)
        right += sum(word[1] == each[3] for word, each in pairs)
        begin = end
    return right, split, len(found), sum(len(words) for _, words in units)


def measure(tagger, path):
    """Dictionary of the F1 of words, and of words with their tags."""
    texts, units = zip(*read(path))
    answers = tagger.tag(list(texts))
    rows = [
        count(text, each, answer.tokens, answer.offsets, answer.tags)
        for text, each, answer in zip(texts, units, answers, strict=True)
    ]
    right, split, ours, theirs = map(sum, zip(*rows))
    return {"words": 2 * split / (ours + theirs), "upos": 2 * right / (ours + theirs)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="pos_ewt")
    parser.add_argument("--data-dir", required=True)
    options = parser.parse_args()
    (path,) = pathlib.Path(options.data_dir).rglob("en_ewt-ud-dev.conllu")
    figures = measure(zoo.load(options.preset), path)
    print(f"F1 of words: {figures['words']:.2%}; of words with their tags: {figures['upos']:.2%}")


if __name__ == "__main__":
    main()
