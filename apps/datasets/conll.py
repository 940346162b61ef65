"""Sentences of words and tags in columns: CoNLL-U, CoNLL with IOB2 tags.

Columns are separated by tabs, sentences by blank lines, which may hold spaces and tabs. Only a line
feed ends a line, and only spaces around a word are dropped, so that words keep characters such as
U+0085 and no-break spaces.
"""

import re

from apps.datasets.text_files import read_utf8_lines, split_lines

UPOS = (
    *("ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM"),
    *("PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X"),
)

_CONLLU_COLUMNS = {"upos": 3, "xpos": 4}
_RANGE = re.compile(r"(\d+)-(\d+)")
_EMPTY_NODE = re.compile(r"\d+\.\d+")
_IOB2_TAG = re.compile(r"O|[BI]-\S+")


def read_conllu(path, column="upos"):
    """Returns the sentences of a CoNLL-U file as pairs `(words, tags)` of two lists.

    Comments, lines that begin with `#`, are skipped, and so are multi-word tokens (`1-2`) and empty
    nodes (`1.1`).

    Args:
        path: A file.
        column: "upos" (universal part of speech) or "xpos" (the language's own).

    Raises:
        ValueError: The column is another, the file is not UTF-8, or a line is malformed; the
            message names file and line.

    Example:
        >>> read_conllu("en_ewt-ud-dev.conllu")[0]  # doctest: +SKIP
        (['From', 'the', 'AP', ...], ['ADP', 'DET', 'PROPN', ...])
    """
    if column not in _CONLLU_COLUMNS:
        raise ValueError(f"column: expected 'upos' or 'xpos', got {column!r}")
    sentences = []
    for rows in _sentences(read_utf8_lines(path), lambda line: line.startswith("#")):
        words, tags = [], []
        _check_width(rows, 10, path)
        for number, columns in _words_by_number(rows, path):
            place = f"{path}, line {number}"
            words.append(_word(columns[1], place))
            tags.append(columns[_CONLLU_COLUMNS[column]])
            if column == "upos" and tags[-1] not in UPOS:
                raise ValueError(f"{place}: expected a UPOS of {_one_of(UPOS)}, got {tags[-1]!r}")
            if tags[-1] in {"", "_"}:
                raise ValueError(f"{place}: expected an XPOS, got {tags[-1]!r}")
        sentences.append((words, tags))
    return sentences


def read_conll(
    path, *, word_column=0, tag_column=-1, labels=None, outside=(), skip_empty_words=False
):
    """Returns the sentences of a file of columns as pairs `(words, tags)` of two lists.

    Comments are skipped: lines that begin with `# ` and have no tab; other columns than the others
    of their sentence; or, after a tab, a blank or an equals sign, as in `# id 7<TAB>domain=x`. As
    for conlleval, an I- tag may stand where it continues nothing; it then begins an entity (a `CRF`
    never gives such tags).

    Args:
        path: A file, each of whose lines has the same number of columns.
        word_column: Index of the column of words.
        tag_column: Index of the column of tags; -1 is the last.
        labels: The tags that may occur; None allows `O`, `B-X` and `I-X` for any `X`.
        outside: Entity classes `X` whose tags are read as `O`.
        skip_empty_words: Whether to leave out lines without a word, and sentences of such lines
            alone, instead of raising an error.

    Raises:
        ValueError: The file is not UTF-8, or a line is malformed; the message names file and line.

    Example:
        >>> read_conll("emerging.dev.conll")[1]  # doctest: +SKIP
        (['You', 'should', ...], ['O', 'O', ...])
    """
    sentences, width = [], None
    least = max(2, word_column + 1, -word_column, tag_column + 1, -tag_column)
    for rows in _sentences(read_utf8_lines(path)):
        words, tags, rows = [], [], _without_comments(rows)
        width = width or max(len(rows[0][1]) if rows else 0, least)
        _check_width(rows, width, path)
        for number, columns in rows:
            place = f"{path}, line {number}"
            if skip_empty_words and not columns[word_column].strip(" "):
                continue
            words.append(_word(columns[word_column], place))
            tags.append(_entity_tag(columns[tag_column], labels, outside, place))
        if words:
            sentences.append((words, tags))
    return sentences


def parse_words(text, name):
    """Returns the sentences of a text of columns, tagged or not, as lists of words.

    The words are the first column, or all of a line without a tab. If a sentence has three columns
    or more, and the first one counts from 1, as in CoNLL-U, the words are the second; ranges
    (`1-2`), empty nodes (`1.1`) and all lines that begin with `#` are skipped. In other sentences
    comments are as for `read_conll`, and `#` alone is a word.

    Args:
        text: The text.
        name: What an error calls it, such as a path.

    Raises:
        ValueError: A line has no word, no tab but spaces, or more or fewer columns than the first
            of its sentence; or the numbers of a sentence in ten columns do not count its words, or
            a range has not all of them. The message has the name and the line.

    Example:
        >>> parse_words("# a comment\\nParis\\tB-LOC\\n!\\tO\\n\\nHello\\n", "memory")
        [['Paris', '!'], ['Hello']]
    """
    sentences = []
    for rows in _sentences(split_lines(text)):
        words, column = [], 0
        plain = [row for row in rows if not row[1][0].startswith("#")]
        if _is_numbered(plain):
            _check_width(plain, len(plain[0][1]), name)
            rows, column = _words_by_number(plain, name), 1
        else:
            rows = _without_comments(rows)
            _check_width(rows, len(rows[0][1]) if rows else 0, name)
        for number, columns in rows:
            words.append(_word(columns[column], f"{name}, line {number}"))
            if len(columns) == 1 and " " in words[-1]:
                raise ValueError(
                    f"{name}, line {number}: expected a word, or columns separated by tabs, got "
                    f"{words[-1]!r}"
                )
        if words:
            sentences.append(words)
    return sentences


def write_conll(sentences):
    r"""Returns sentences as text: a line `word<TAB>tag` a word, a blank line after a sentence.

    A sentence without words is a blank line alone, which readers skip.

    Args:
        sentences: Pairs `(words, tags)` of two sequences of the same length.

    Raises:
        ValueError: A sentence has more or fewer tags than words, or a word or tag is empty or holds
            a tab or a line feed; the message says which sentence.

    Example:
        >>> write_conll([(["Paris", "!"], ["B-LOC", "O"])])
        'Paris\tB-LOC\n!\tO\n\n'
    """
    blocks = []
    for index, (words, tags) in enumerate(sentences):
        if len(words) != len(tags):
            raise ValueError(
                f"sentences[{index}]: expected a tag for each of {len(words)} words, "
                f"got {len(tags)} tags"
            )
        for cell in (*words, *tags):
            if not cell.strip(" ") or "\t" in cell or "\n" in cell:
                raise ValueError(
                    f"sentences[{index}]: expected words and tags without tabs and line feeds, "
                    f"got {cell!r}"
                )
        blocks.append("".join(f"{word}\t{tag}\n" for word, tag in zip(words, tags)) + "\n")
    return "".join(blocks)


def _sentences(lines, is_comment=lambda line: False):
    """Yields each sentence as a list of (line number, columns)."""
    rows = []
    for number, line in enumerate(lines, start=1):
        if line.strip(" \t"):
            if not is_comment(line):
                rows.append((number, line.split("\t")))
        elif rows:
            yield rows
            rows = []
    if rows:
        yield rows


def _is_numbered(rows):
    """Whether the first columns of rows are numbers of words, as in CoNLL-U."""
    identifiers = [columns[0] for _, columns in rows if not _is_no_word(columns[0])]
    counted = identifiers == [str(number) for number in range(1, len(identifiers) + 1)]
    widths = {len(columns) for _, columns in rows}
    if widths == {10}:  # CoNLL-U: if the numbers are wrong, that is an error
        return rows[0][1][0] == "1" or _is_no_word(rows[0][1][0])
    return bool(identifiers) and counted and min(widths) >= 3


def _is_no_word(identifier):
    return bool(_RANGE.fullmatch(identifier) or _EMPTY_NODE.fullmatch(identifier))


def _words_by_number(rows, name):
    """The rows of words, or a `ValueError` if their numbers, or those of a range, are wrong."""
    words, ranges = [], []
    for number, columns in rows:
        place, due = f"{name}, line {number}", len(words) + 1
        if match := _RANGE.fullmatch(columns[0]):
            ranges.append((place, due, *match.groups()))
        elif not _EMPTY_NODE.fullmatch(columns[0]):
            if columns[0] != str(due):
                raise ValueError(f"{place}: expected the ID {due}, got {columns[0]!r}")
            words.append((number, columns))
    for place, due, first, last in ranges:
        if not due == int(first) < int(last) <= len(words):
            raise ValueError(
                f"{place}: expected the words of the range {first}-{last} after it, got "
                f"{len(words)} words in the sentence, of which the next is {due}"
            )
    return words


def _without_comments(rows):
    """The rows of a sentence that are no comments; see `read_conll`."""
    widths = {len(columns) for _, columns in rows if not columns[0].startswith("# ")}

    def is_comment(first, *others):
        strange = any("=" in cell or " " in cell for cell in others)
        other_width = bool(widths) and len(others) + 1 not in widths
        text = first.removeprefix("# ").strip(" ")
        return first.startswith("# ") and (not others or (bool(text) and (strange or other_width)))

    return [row for row in rows if not is_comment(*row[1])]


def _check_width(rows, width, name):
    for number, columns in rows:
        if len(columns) != width:
            raise ValueError(
                f"{name}, line {number}: expected {width} columns separated by tabs, got "
                f"{len(columns)}"
            )


def _word(cell, place):
    word = cell.strip(" ")
    if not word:
        raise ValueError(f"{place}: expected a word, got {cell!r}")
    return word


def _entity_tag(tag, labels, outside, place):
    if tag[:2] in {"B-", "I-"} and tag[2:] in outside:
        return "O"
    if labels is not None and tag not in labels:
        raise ValueError(f"{place}: expected a tag of {_one_of(labels)}, got {tag!r}")
    if labels is None and not _IOB2_TAG.fullmatch(tag):
        raise ValueError(f"{place}: expected a tag O, B-X or I-X, got {tag!r}")
    return tag


def _one_of(names):
    return ", ".join(names)
