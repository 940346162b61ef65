"""What is known of a corpus before any of its files is read."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Corpus:
    """The facts that a preset's card, an error message and a download need.

    Args:
        name: The name that `load` takes.
        labels: Names of the classes; a label is an index into them.
        splits: Number of examples of each split of the original corpus, by split.
        licence: The licence, or that none is stated.
        citation: The paper.
        home_page: The address of its description.
        url: The address of the public original; None if the package brings the corpus along.
        size: Bytes of the public original.
        sha256: Checksum of the public original.
        folder: Folder of a `data_dir` in which its files are looked for.
        archive_folder: The same folder's name inside the public original.
        files: Files (or folders) relative to `folder` that make each split, by split.
        builder: Its TensorFlow Datasets builder, as `module:Class`.
        config: That builder's configuration.
        options: Names of the options that `load` takes for it.
    """

    name: str
    labels: tuple
    splits: dict
    licence: str
    citation: str
    home_page: str
    url: str | None = None
    size: int | None = None
    sha256: str | None = None
    folder: str | None = None
    archive_folder: str | None = None
    files: dict = dataclasses.field(default_factory=dict)
    builder: str | None = None
    config: str | None = None
    options: tuple = ()
