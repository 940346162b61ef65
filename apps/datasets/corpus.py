"""What is known of a corpus before any of its files is read."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Corpus:
    """The facts that a preset's card, an error message and a download need.

    Args:
        name: The name that `load` takes.
        labels: Names of the classes. A text's label is an index into them; a word's tag and a
            question's answer are one of them; translations have none.
        splits: Number of examples of each split of the original corpus, by split.
        licence: The licence, or that none is stated.
        citation: The paper.
        home_page: The address of its description.
        downloads: Its public originals, `Download`s: one archive, or each of its files; none if
            the package brings the corpus along or they are to be got by hand.
        folder: Folder of a `data_dir` in which its files are looked for; None if the package
            brings the corpus along.
        archive_folder: The same folder's name inside the archive; None if there is no archive.
        files: Files (or folders) relative to `folder` that make each split, by split.
        stand_ins: Files that together stand in for one of `files` that is missing, by its name.
        builder: Its TensorFlow Datasets builder, as `module:Class`.
        config: That builder's configuration.
        loader: In place of a builder the function, as `module:name`, that gives a split of a corpus
            which the package brings along.
        options: Names of the options that `load` takes for it.
        report_options: Those of them that examples have for a report, not in training.
        task: The app that learns from it; the table of all corpora fills it in.
        remark: What a card has to say of its files, a sentence.
        example: Something that its presets are asked, for a card.
        instructions: How to get the files by hand, a sentence, where no download is given.
    """

    name: str
    labels: tuple
    splits: dict
    licence: str
    citation: str
    home_page: str
    downloads: tuple = ()
    folder: str | None = None
    archive_folder: str | None = None
    files: dict = dataclasses.field(default_factory=dict)
    stand_ins: dict = dataclasses.field(default_factory=dict)
    builder: str | None = None
    config: str | None = None
    loader: str | None = None
    options: tuple = ()
    report_options: tuple = ()
    task: str = ""
    remark: str = ""
    instructions: str = ""
    example: str = "Where are you?"
