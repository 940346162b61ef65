import pytest
from corpus_files import EWT_TRAIN, conllu_row

from apps.datasets import info, parse_words, read_conll, read_conllu, write_conll


@pytest.fixture
def write(tmp_path):
    """Writes a file and returns its path."""

    def write(text):
        path = tmp_path / "corpus.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_conllu(write):
    path = write(EWT_TRAIN)
    (words, tags), second = read_conllu(path)
    assert words == ["We", "do", "n't", "!"]
    assert tags == ["PRON", "AUX", "PART", "PUNCT"]
    assert second == (["New York\xa0\x85"], ["PROPN"])
    assert [tags for _, tags in read_conllu(path, "xpos")] == [["PRP", "VBP", "RB", "."], ["NNP"]]
    assert read_conllu(write("")) == []


def test_windows_line_ends_and_a_missing_last_line_end(write):
    text = conllu_row("1", "a", "X", "FW") * 2
    text = text.replace("\n1", "\n\n1").replace("\n", "\r\n").removesuffix("\r\n")
    assert read_conllu(write(text)) == [(["a"], ["X"])] * 2
    assert read_conll(write("\ufeffa\tO\r\n\r\nb\tO")) == [(["a"], ["O"]), (["b"], ["O"])]


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("2\tb\n", "upos", "expected 10 columns separated by tabs, got 2"),
        ("2 b _ NOUN NN _ _ _ _ _\n", "upos", "expected 10 columns separated by tabs, got 1"),
        (conllu_row("x", "b", "X", "FW"), "upos", "expected the ID 2, got 'x'"),
        (conllu_row("3", "b", "X", "FW"), "upos", "expected the ID 2, got '3'"),
        (conllu_row("2", "", "X", "FW"), "upos", "expected a word, got ''"),
        (conllu_row("2", "b", "_", "FW"), "upos", "expected a UPOS of ADJ, .* X, got '_'"),
        (conllu_row("2", "b", "NN", "FW"), "upos", "expected a UPOS of .* got 'NN'"),
        (conllu_row("2", "b", "X", "_"), "xpos", "expected an XPOS, got '_'"),
    ],
)
def test_broken_conllu_names_file_and_line(write, line, column, message):
    path = write(f"# text = a b\n{conllu_row('1', 'a', 'X', 'FW')}{line}\n")
    with pytest.raises(ValueError, match=rf"corpus\.txt, line 3: {message}"):
        read_conllu(path, column)


def test_conllu_has_two_columns_of_tags(write):
    with pytest.raises(ValueError, match="column: expected 'upos' or 'xpos', got 'lemma'"):
        read_conllu(write(EWT_TRAIN), "lemma")


def test_conll_columns(write):
    path = write("# text = # b\n1\t#\tO\t-\n2\tb\tB-LOC\t-\n\n# foo\n\n")
    assert read_conll(path, word_column=1, tag_column=2) == [(["#", "b"], ["O", "B-LOC"])]
    assert read_conll(path, word_column=1, tag_column=-2) == [(["#", "b"], ["O", "B-LOC"])]


def test_conll_separators_and_odd_characters(write):
    text = "a\x85b\tO\n\u2028\tO\n\t\n\xa0c\xa0 \tB-X\n \t \n\n# \tO\n#\tI-X\n"
    assert read_conll(write(text)) == [
        (["a\x85b", "\u2028"], ["O", "O"]),
        (["\xa0c\xa0"], ["B-X"]),
        (["#", "#"], ["O", "I-X"]),
    ]


def test_conll_labels_and_classes_outside(write):
    path = write("a\tB-OTH\nb\tI-OTH\nc\tB-O\nd\tI-PER\n")
    labels = ("O", "B-PER", "I-PER")
    assert read_conll(path)[0][1] == ["B-OTH", "I-OTH", "B-O", "I-PER"]
    assert read_conll(path, outside=["OTH", "O"], labels=labels)[0][1] == ["O", "O", "O", "I-PER"]
    with pytest.raises(ValueError, match="line 1: expected a tag of O, B-PER, I-PER, got 'B-OTH'"):
        read_conll(path, labels=labels)


def test_conll_takes_other_tags_when_labels_say_so(write):
    path = write("It\tPRON\n")
    assert read_conll(path, labels=info("ewt_upos").labels) == [(["It"], ["PRON"])]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("b", "expected 2 columns separated by tabs, got 1"),
        ("b\tx\tO", "expected 2 columns separated by tabs, got 3"),
        ("b O", "expected 2 columns separated by tabs, got 1"),
        ("#b", "expected 2 columns separated by tabs, got 1"),
        ("\tO", "expected a word, got ''"),
        (" \tO", "expected a word, got ' '"),
        ("b\t", "expected a tag O, B-X or I-X, got ''"),
        ("b\tLOC", "expected a tag O, B-X or I-X, got 'LOC'"),
        ("b\tB-", "expected a tag O, B-X or I-X, got 'B-'"),
        ("b\to", "expected a tag O, B-X or I-X, got 'o'"),
        ("b\tS-LOC", "expected a tag O, B-X or I-X, got 'S-LOC'"),
    ],
)
def test_broken_conll_names_file_and_line(write, line, message):
    with pytest.raises(ValueError, match=rf"corpus\.txt, line 3: {message}"):
        read_conll(write(f"\na\tO\n{line}\n"))


def test_too_few_columns_and_other_encodings(write):
    with pytest.raises(ValueError, match="line 1: expected 3 columns separated by tabs, got 2"):
        read_conll(write("a\tO\n"), tag_column=2)
    for read in (read_conll, read_conllu):
        with pytest.raises(ValueError, match="line 2: expected UTF-8 text, got the byte 0xe8"):
            read(write(b"# text\n1\ttr\xe8s\n"))


def test_empty_words_can_be_left_out(write):
    path = write("a\tO\n\tO\n\n \tO\n\nb\tO\n")
    assert read_conll(path, skip_empty_words=True) == [(["a"], ["O"]), (["b"], ["O"])]


def test_words_with_and_without_tags():
    text = "# a comment\nRT\n#\n#b\n\nNew York\tB-LOC\n\t\n# \tO\n\nc\x85\xa0d\n\n# alone\n"
    words = [["RT", "#", "#b"], ["New York"], ["#"], ["c\x85\xa0d"]]
    assert parse_words(text, "memory") == words
    assert parse_words("", "memory") == parse_words("\n \n", "memory") == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("\tO", "expected a word, got ''"),
        ("New York", "expected a word, or columns separated by tabs, got 'New York'"),
    ],
)
def test_lines_without_a_word_name_text_and_line(line, message):
    with pytest.raises(ValueError, match=f"standard input, line 3: {message}"):
        parse_words(f"a\n\n{line}\n", "standard input")


@pytest.mark.parametrize(
    "comment",
    ["# text = Paris\tis big", "#text = Paris is big", "#\tnothing", "# sent_id = 1", "#", "##"],
)
def test_all_that_begins_with_a_sign_is_a_comment_in_conllu(write, comment):
    rows = conllu_row("1", "Paris", "PROPN", "NNP") + conllu_row("2", "#", "SYM", "NN")
    text = f"{comment}\n{rows}\n{comment}\n{rows}"
    assert parse_words(text, "memory") == [["Paris", "#"]] * 2
    assert [words for words, _ in read_conllu(write(text))] == [["Paris", "#"]] * 2


def test_comments_with_tabs_beside_columns(write):
    four = "# id 7\tdomain=x\nParis\t_\t_\tB-LOC\n#\t_\t_\tO\n\n"
    two = "# id 7\tdomain=x\nParis\tB-LOC\n#\tO\n# b\tO\n"
    assert read_conll(write(four)) == [(["Paris", "#"], ["B-LOC", "O"])]
    assert read_conll(write(two)) == [(["Paris", "#", "# b"], ["B-LOC", "O", "O"])]
    assert parse_words(four + two, "memory") == [["Paris", "#"], ["Paris", "#", "# b"]]


def columns(identifier, word="a"):
    return conllu_row(identifier, word, "X", "FW")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("b\nc\tO\n", 2, "expected 1 columns separated by tabs, got 2"),
        ("b\tO\nc\n", 2, "expected 2 columns separated by tabs, got 1"),
        (columns("1") + "2\tb\tX\n", 2, "expected 10 columns separated by tabs, got 3"),
        (columns("1") + columns("3"), 2, "expected the ID 2, got '3'"),
        (columns("1") + columns("x"), 2, "expected the ID 2, got 'x'"),
        (columns("1-2") + columns("1"), 1, "expected the words of the range 1-2 after it, got 1"),
        (columns("1-2"), 1, "expected the words of the range 1-2 after it, got 0 words"),
        (columns("1") + columns("1-2") + columns("2"), 2, "expected the words of the range 1-2"),
        (columns("1") + columns("2-2") + columns("2"), 2, "expected the words of the range 2-2"),
    ],
)
def test_sentences_whose_lines_do_not_agree(write, text, line, message):
    text = f"\n{text}"
    with pytest.raises(ValueError, match=f"standard input, line {line + 1}: {message}"):
        parse_words(text, "standard input")
    if "ID" in message or "range" in message:
        with pytest.raises(ValueError, match=f"line {line + 1}: {message}"):
            read_conllu(write(text))


def test_a_range_and_empty_nodes():
    rows = [columns("1-2", "don't"), columns("1", "do"), columns("2", "n't"), columns("2.1", "_")]
    assert parse_words("".join(rows), "memory") == [["do", "n't"]]
    assert parse_words("1-2\tCD\tO\n\n1\tCD\tO\n", "memory") == [["1-2"], ["CD"]]


def test_what_is_written_is_read(write):
    sentences = [(["#", "New York\x85"], ["O", "B-LOC"]), (["# b"], ["O"])]
    text = write_conll(sentences)
    assert text == "#\tO\nNew York\x85\tB-LOC\n\n# b\tO\n\n"
    assert read_conll(write(text)) == sentences
    assert parse_words(text, "memory") == [words for words, _ in sentences]
    assert write_conll([]) == ""
    assert write_conll([([], [])]) == "\n"


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ((["a", "b"], ["O"]), "expected a tag for each of 2 words, got 1 tags"),
        ((["a\tb"], ["O"]), r"without tabs and line feeds, got 'a\\tb'"),
        ((["a\nb"], ["O"]), r"without tabs and line feeds, got 'a\\nb'"),
        ((["a"], [""]), "got ''"),
        (([" "], ["O"]), "got ' '"),
    ],
)
def test_what_cannot_be_read_is_not_written(sentence, message):
    with pytest.raises(ValueError, match=rf"sentences\[1\]: .*{message}"):
        write_conll([(["a"], ["O"]), sentence])
