"""Reading text files that must be UTF-8."""

from pathlib import Path


def read_utf8(path):
    """Returns the whole text of a UTF-8 file, unchanged but for a leading byte order mark.

    Args:
        path: A file.

    Raises:
        ValueError: The file is not UTF-8; the message names file, line and byte.

    Example:
        >>> read_utf8("review.txt")  # doctest: +SKIP
        'A gorgeous, witty film.<br />'
    """
    return decode_utf8(Path(path).read_bytes(), path)


def decode_utf8(data, name):
    """Returns the text of UTF-8 bytes, unchanged but for a leading byte order mark.

    Args:
        data: The bytes.
        name: What an error calls them, such as a path.

    Raises:
        ValueError: The bytes are not UTF-8; the message has the name, the line and the byte.

    Example:
        >>> decode_utf8("caf\u00e9".encode(), "memory")
        'café'
    """
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{name}, line {line}: expected UTF-8 text, got the byte 0x{data[error.start]:02x} "
            f"({error.reason}). Convert the file, e.g. with `iconv -t utf-8`."
        ) from None


def read_utf8_lines(path):
    """Returns the lines of a UTF-8 file, without their ends.

    Only a line feed ends a line (a carriage return before it is dropped): `str.splitlines` would
    also split at characters such as U+0085, which occur inside sentences of real corpora.

    Args:
        path: A file.

    Raises:
        ValueError: The file is not UTF-8; the message names file, line and byte.

    Example:
        >>> read_utf8_lines("sentences.txt")  # doctest: +SKIP
        ['A gorgeous, witty film.', 'Too long.']
    """
    return split_lines(read_utf8(path))


def split_lines(text):
    """Returns the lines of a text as `read_utf8_lines` does those of a file."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]
