"""What the TensorFlow Datasets builders have in common."""

import hashlib

import tensorflow_datasets as tfds

from apps.datasets.folders import available_splits, how_to_get


class _LocalInfo(tfds.core.DatasetInfo):
    def initialize_from_bucket(self):
        """Asks no server: TFDS would look for these corpora in its own bucket, in vain."""


def dataset_info(builder, corpus, features, supervised_keys=("text", "label")):
    """Returns a builder's `tfds.core.DatasetInfo`, from a `Corpus` and a dict of features."""
    return _LocalInfo(
        builder=builder,
        description=corpus.citation,
        features=tfds.features.FeaturesDict(features),
        supervised_keys=supervised_keys,
        homepage=corpus.home_page,
        citation=corpus.citation,
        license=corpus.licence,
        metadata=tfds.core.MetadataDict(),
    )


def tagging_info(builder, corpus):
    """Returns the `tfds.core.DatasetInfo` of a corpus of words and tags."""
    features = {
        "words": tfds.features.Sequence(tfds.features.Text()),
        "tags": tfds.features.Sequence(tfds.features.Text()),
    }
    return dataset_info(builder, corpus, features, supervised_keys=("words", "tags"))


def numbered(sentences):
    """Yields pairs `(words, tags)` as a builder's examples, with their index as key."""
    for index, (words, tags) in enumerate(sentences):
        yield index, {"words": words, "tags": tags}


def url_infos(*corpora):
    """Returns size and checksum of the public originals, for a builder's `url_infos`.

    Gzipped ones are left out, since they are known only once gunzipped: `locate` checks them.
    """
    return {
        download.url: tfds.download.checksums.UrlInfo(download.size, download.sha256, None)
        for corpus in corpora
        for download in corpus.downloads
        if not download.gunzip
    }


def locate(corpus, download_manager):
    """Returns the paths of the original files by split, for the splits that they make.

    The manual directory is used when it has the corpus' folder; else the public originals are
    downloaded and refused if their checksums are not the known ones.
    """
    try:
        folder = download_manager.manual_dir / corpus.folder
    except AssertionError:  # how TFDS says that there is no manual directory
        folder = None
    if folder is None or not folder.exists():
        if not corpus.downloads:
            raise FileNotFoundError(f"{corpus.name}: no files are there. {how_to_get(corpus)}.")
        if not corpus.archive_folder:
            paths = _download_files(corpus, download_manager)
            return {split: [paths[file] for file in files] for split, files in corpus.files.items()}
        (archive,) = corpus.downloads
        folder = download_manager.download_and_extract(archive.url) / corpus.archive_folder
    splits = available_splits(corpus, folder)
    return {split: [folder / file for file in corpus.files[split]] for split in splits}


def _download_files(corpus, download_manager):
    """Returns the paths of single files by their names in the corpus."""
    urls = {download.file: download.url for download in corpus.downloads}
    paths = download_manager.download_and_extract(urls)
    for download in corpus.downloads:
        if download.gunzip:
            _check_gunzipped(download, paths[download.file])
    return paths


def _check_gunzipped(download, path):
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    if sha256 != download.sha256:
        raise tfds.download.download_manager.NonMatchingChecksumError(
            f"{download.url}: gunzipped as {path}, it has the wrong checksum: expected "
            f"{download.sha256}, got {sha256}"
        )
