"""What the tests of searches share."""

from tiny_search import scripted

__all__ = ["scripted"]
