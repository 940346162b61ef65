"""What the TensorFlow Datasets builders have in common."""

import tensorflow_datasets as tfds

from apps.datasets.folders import available_splits


class _LocalInfo(tfds.core.DatasetInfo):
    def initialize_from_bucket(self):
        """Asks no server: TFDS would look for these corpora in its own bucket, in vain."""


def dataset_info(builder, corpus, features):
    """Returns a builder's `tfds.core.DatasetInfo`, from a `Corpus` and a dict of features."""
    return _LocalInfo(
        builder=builder,
        description=corpus.citation,
        features=tfds.features.FeaturesDict(features),
        supervised_keys=("text", "label"),
        homepage=corpus.home_page,
        citation=corpus.citation,
        license=corpus.licence,
        metadata=tfds.core.MetadataDict(),
    )


def url_infos(corpus):
    """Returns size and checksum of a corpus' public original, for a builder's `url_infos`."""
    return {corpus.url: tfds.download.checksums.UrlInfo(corpus.size, corpus.sha256, None)}


def locate(corpus, download_manager):
    """Returns the folder of the original files and the splits that they make.

    The manual directory is used when it has the corpus' folder; else the public original is
    downloaded and refused if its checksum is not the known one.
    """
    try:
        folder = download_manager.manual_dir / corpus.folder
    except AssertionError:  # how TFDS says that there is no manual directory
        folder = None
    if folder is None or not folder.exists():
        folder = download_manager.download_and_extract(corpus.url) / corpus.archive_folder
    return folder, available_splits(corpus, folder)
