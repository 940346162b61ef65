"""Where a public original is, and how to know it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Download:
    """A public original, which is refused if it is not the known one.

    Args:
        url: Its address.
        size: Its bytes.
        sha256: Its checksum.
        file: Name of the file of the corpus that it is; None for an archive of all of them.
    """

    url: str
    size: int
    sha256: str
    file: str | None = None
