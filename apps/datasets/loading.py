"""Corpora by name."""

import contextlib
import logging
import os
import urllib.error
import urllib.request
from pathlib import Path

from apps import registry
from apps.datasets.corpora import IN_MEMORY, info
from apps.datasets.folders import available_splits, fingerprint, how_to_get, where_from
from apps.nearest import nearest_names

_LOGGER = logging.getLogger(__name__)


def load(name, split, *, data_dir=None, prepared_dir=None, **options):
    """Returns a split of a corpus as a `tf.data.Dataset` of pairs `(x, y)`.

    What these are tells the app that learns from it, `apps.registry.get(info(name).task)`, by its
    `fields`, `x` and `y`. A label is an index into `info(name).labels`; tags of words, string
    vectors as the words are, and answers are names of them. Several columns are a dict.

    The dataset is neither batched nor shuffled and knows its `cardinality()`. The first call
    prepares record files with TensorFlow Datasets; they are made again when the original files
    are others, e.g. after the test part was added.

    Args:
        name: One of `NAMES`; "uci_sentiment_sample" and "pig_latin" need neither files nor
            preparation.
        split: One of `info(name).splits`; "test" needs its files where `data_dir` is used.
        data_dir: Folder that holds the folders of original files: `info(name).folder`. Defaults to
            the environment variable SEQZOO_DATA. With neither, the public originals are downloaded,
            and refused if their checksums are not the known ones; those of Tatoeba, which change,
            and of bAbI have to be got by hand.
        prepared_dir: Folder for record files and downloads; defaults to that of TensorFlow
            Datasets, `~/tensorflow_datasets`.
        **options: `phrases=True` for "sst2" and "sst5" makes the training split every labelled
            phrase of its trees. `references=True` for Tatoeba yields each source once, with the
            string vector of all its targets. `supporting=True` for bAbI makes the answer a dict:
            "answer", "task" (from 1 to 20) and "supporting", the indices of the sentences of the
            story that support the answer.

    Raises:
        ValueError: A name, split or option is unknown, a file is not UTF-8, or a line malformed.
        FileNotFoundError: An original file is missing from `data_dir`.
        OSError: The public originals cannot be downloaded.

    Example:
        >>> text, label = next(iter(load("uci_sentiment_sample", "train")))
        >>> text.dtype.name, label.dtype.name
        ('string', 'int64')
    """
    corpus = info(name)
    _check_options(corpus, options)
    _check_split(corpus, split, corpus.splits)
    if name in IN_MEMORY:
        return IN_MEMORY[name][split]
    if corpus.loader:
        return registry.resolve(corpus.loader)(split)
    builder = _builder(corpus, split, data_dir, prepared_dir, options)
    _warn_if_incomplete(corpus, builder, split, options)
    return _read(builder, split, as_supervised=True)


def sentences_of_phrases(name, split, *, data_dir=None, prepared_dir=None, **options):
    """The sentences that each text of `load`, with the same arguments, is a phrase of.

    Returns:
        A list with a list of strings for each text, in the order of `load`; `None` if the texts
        are no phrases.
    """
    corpus = info(name)
    if not options.get("phrases"):
        return None
    builder = _builder(corpus, split, data_dir, prepared_dir, options)
    return [
        [sentence.decode("utf-8") for sentence in example["sentences"]]
        for example in _read(builder, split).as_numpy_iterator()
    ]


def _builder(corpus, split, data_dir, prepared_dir, options):
    """The builder of a corpus that is in files, which has prepared them."""
    prepared_dir = _prepared_folder(prepared_dir)
    folder = _original_folder(corpus, data_dir, prepared_dir / "downloads" / "manual")
    if folder is not None:
        _check_split(corpus, split, available_splits(corpus, folder), folder)
    return _prepared_builder(corpus, folder, prepared_dir, options)


def _check_options(corpus, options):
    for option in options:
        if option not in corpus.options:
            known = nearest_names(option, corpus.options) if corpus.options else "it has none."
            raise ValueError(f"options: {corpus.name} has no option {option!r}; {known}")


def _check_split(corpus, split, splits, folder=None):
    if split in splits:
        return
    message = f"split: {corpus.name} has the splits {', '.join(splits)} here, got {split!r}."
    if folder is not None:
        message += f" For it, {where_from(corpus, folder, corpus.files[split][0])}"
    raise ValueError(message)


def _prepared_folder(prepared_dir):
    import tensorflow_datasets as tfds  # here, since it takes long to import

    return Path(prepared_dir or tfds.core.constants.DATA_DIR).expanduser()


def _original_folder(corpus, data_dir, manual_dir):
    """Returns the folder of the original files, or None if they are to be downloaded."""
    data_dir = data_dir or os.environ.get("SEQZOO_DATA")
    if not data_dir:
        folder = manual_dir / corpus.folder  # where TFDS expects files got by hand
        if folder.is_dir():
            return folder
        if corpus.downloads:
            return None
        raise FileNotFoundError(
            f"{corpus.name}: its original files have to be got by hand. {how_to_get(corpus)}; then "
            f"give the folder that holds {corpus.folder} as data_dir, or as SEQZOO_DATA in the "
            "environment."
        )
    folder = Path(data_dir).expanduser() / corpus.folder
    if not folder.is_dir():
        message = (
            f"{corpus.name}: expected its original files in {folder}, got no such folder. "
            f"{how_to_get(corpus)}"
        )
        if corpus.downloads:
            message += "; or give no data_dir (and unset SEQZOO_DATA) to have it downloaded"
        raise FileNotFoundError(f"{message}.")
    return folder


def _prepared_builder(corpus, folder, prepared_dir, options):
    import tensorflow_datasets as tfds

    builder_class = registry.resolve(corpus.builder)
    config = corpus.config and "_".join([corpus.config, *(key for key in options if options[key])])
    key = "downloaded" if folder is None else fingerprint(corpus, folder)
    data_dir = prepared_dir / "seqzoo" / key
    builder = builder_class(data_dir=data_dir, config=config)
    download_config = tfds.download.DownloadConfig(
        manual_dir=folder and folder.parent,
        # Gzipped files are checked by `builders.locate`.
        force_checksums_validation=not any(download.gunzip for download in corpus.downloads),
        try_download_gcs=False,
    )
    try:
        if folder is None and not builder.data_path.exists():
            _check_reachable(corpus.downloads[0].url)
        builder.download_and_prepare(
            download_dir=prepared_dir / "downloads", download_config=download_config
        )
    except OSError as error:
        # Another process may have been faster: TFDS at last renames a finished folder.
        builder = builder_class(data_dir=data_dir, config=config)
        if not builder.data_path.exists():
            if folder is not None:
                raise
            raise OSError(
                f"{corpus.name}: could not download and prepare it: {error}. To do without a "
                f"download: {how_to_get(corpus)}; then give the folder that holds "
                f"{corpus.folder} as data_dir."
            ) from error
    return builder


def _check_reachable(url, timeout=20):
    """Raises `OSError` soon where there is no network: the downloader would try for minutes."""
    request = urllib.request.Request(url, method="HEAD")
    with contextlib.suppress(urllib.error.HTTPError):  # a server that answers is there
        urllib.request.urlopen(request, timeout=timeout).close()


def _warn_if_incomplete(corpus, builder, split, options):
    count, expected = builder.info.splits[split].num_examples, corpus.splits[split]
    if count < expected and not (any(options.values()) and split == "train"):
        _LOGGER.warning(
            "%s: the split %s has %s examples, the original %s: are files missing?",
            corpus.name,
            split,
            f"{count:,}",
            f"{expected:,}",
        )


def _read(builder, split, **options):
    import tensorflow_datasets as tfds

    read_config = tfds.ReadConfig(try_autocache=False)
    return builder.as_dataset(split=split, read_config=read_config, **options)
