"""Where a public original is, and how to know it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Download:
    """A public original, which is refused if it is not the known one.

    Args:
        url: Its address.
        size: Its bytes, once gunzipped.
        sha256: Its checksum, once gunzipped.
        file: Path in the corpus' folder of the file that it is; None for an archive of them all.
        gunzip: Whether the address has that file gzipped.
    """

    url: str
    size: int
    sha256: str
    file: str | None = None
    gunzip: bool = False
