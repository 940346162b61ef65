import pytest

from apps.datasets import read_utf8, read_utf8_lines


def test_text_is_unchanged(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("Très <br />\r\nbon\x85 film ".encode())
    assert read_utf8(path) == "Très <br />\r\nbon\x85 film "


def test_lines_end_at_line_feeds_only(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes("\ufeffone\x85still one\r\n\ntwo\u2028still two\n".encode())
    assert read_utf8_lines(path) == ["one\x85still one", "", "two\u2028still two"]
    path.write_bytes(b"")
    assert read_utf8_lines(path) == []


@pytest.mark.parametrize("read", [read_utf8, read_utf8_lines])
def test_other_encodings_name_file_and_line(tmp_path, read):
    path = tmp_path / "latin.txt"
    path.write_bytes("good\nbad\ntrès".encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin\.txt, line 3: expected UTF-8 text, got .* 0xe8"):
        read(path)
