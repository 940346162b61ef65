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
    data = Path(path).read_bytes()
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {line}: expected UTF-8 text, got the byte 0x{data[error.start]:02x} "
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
    lines = read_utf8(path).split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]
