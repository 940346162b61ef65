"""The table of corpora; those for tagging, translation and questions have files of their own."""

import dataclasses

from apps.datasets.corpus import Corpus
from apps.datasets.download import Download
from apps.datasets.nearest import nearest_names
from apps.datasets.question_answering_corpora import QUESTION_ANSWERING_CORPORA
from apps.datasets.tagging_corpora import TAGGING_CORPORA
from apps.datasets.translation_corpora import TRANSLATION_CORPORA

_UCI_PAPER = (
    "Kotzias et al. 2015, From Group to Individual Labels using Deep Features (KDD). "
    "Data: doi.org/10.24432/C57604"
)

_SST2 = Corpus(
    name="sst2",
    labels=("negative", "positive"),
    splits={"train": 6_920, "validation": 872, "test": 1_821},
    licence="none stated (research; sentences from Pang & Lee 2005)",
    citation=(
        "Socher et al. 2013, Recursive Deep Models for Semantic Compositionality over a "
        "Sentiment Treebank (EMNLP)"
    ),
    home_page="https://nlp.stanford.edu/sentiment/",
    downloads=(
        Download(
            url="https://nlp.stanford.edu/sentiment/trainDevTestTrees_PTB.zip",
            size=789_539,
            sha256="5c613a4f673fc74097d523a2c83f38e0cc462984d847b82c7aaf36b01cbbbfcc",
        ),
    ),
    folder="sst",
    archive_folder="trees",
    files={"train": ("train.txt",), "validation": ("dev.txt",), "test": ("test.txt",)},
    builder="apps.datasets.sst:Sst",
    config="binary",
    options=("phrases",),
)

_UCI_SENTIMENT = Corpus(
    name="uci_sentiment",
    labels=("negative", "positive"),
    splits={"train": 3_000},
    licence="CC BY 4.0",
    citation=_UCI_PAPER,
    home_page="https://archive.ics.uci.edu/dataset/331/sentiment+labelled+sentences",
    downloads=(
        Download(
            url="https://archive.ics.uci.edu/static/public/331/sentiment+labelled+sentences.zip",
            size=84_188,
            sha256="afc26626d710899948693e1a61405dce197f57ffa719fa1130d346b4cc095343",
        ),
    ),
    folder="uci-sentiment",
    archive_folder="sentiment labelled sentences",
    files={
        "train": ("amazon_cells_labelled.txt", "imdb_labelled.txt", "yelp_labelled.txt"),
    },
    builder="apps.datasets.uci_sentiment:UciSentiment",
)

_CORPORA = (
    Corpus(
        name="imdb",
        labels=("negative", "positive"),
        splits={"train": 22_500, "validation": 2_500, "unsupervised": 50_000, "test": 25_000},
        licence="none stated (cite the paper; the reviews are their authors')",
        citation="Maas et al. 2011, Learning Word Vectors for Sentiment Analysis (ACL)",
        home_page="https://ai.stanford.edu/~amaas/data/sentiment/",
        downloads=(
            Download(
                url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
                size=84_125_825,
                sha256="c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
            ),
        ),
        folder="aclImdb",
        archive_folder="aclImdb",
        files={
            "train": ("train/pos", "train/neg"),
            "validation": ("train/pos", "train/neg"),
            "unsupervised": ("train/unsup",),
            "test": ("test/pos", "test/neg"),
        },
        builder="apps.datasets.imdb:Imdb",
        remark=(
            "Fifteen reviews of the validation part stand in the training part, too, in other case "
            "or punctuation at most; thirteen of them word for word"
        ),
    ),
    _SST2,
    dataclasses.replace(
        _SST2,
        name="sst5",
        labels=("very negative", "negative", "neutral", "positive", "very positive"),
        splits={"train": 8_544, "validation": 1_101, "test": 2_210},
        config="fine",
    ),
    _UCI_SENTIMENT,
    Corpus(
        name="uci_sentiment_sample",
        labels=("negative", "positive"),
        splits={"train": 480, "validation": 120},
        licence="CC BY 4.0",
        citation=_UCI_PAPER,
        home_page=_UCI_SENTIMENT.home_page,
    ),
    *TAGGING_CORPORA,
    *TRANSLATION_CORPORA,
    *QUESTION_ANSWERING_CORPORA,
)

_BY_NAME = {corpus.name: corpus for corpus in _CORPORA}

NAMES = tuple(_BY_NAME)
IN_MEMORY = {}  # examples by split, by the name of a corpus of the user's own


def info(name):
    """Returns the facts of a corpus: labels, splits and their sizes, licence, citation, home page.

    Args:
        name: One of `NAMES`, or of a corpus of your own; see `register`.

    Returns:
        A `Corpus`.

    Raises:
        ValueError: No corpus has this name; the message names the nearest ones.

    Example:
        >>> info("imdb").labels
        ('negative', 'positive')
    """
    if name not in _BY_NAME:
        raise ValueError(f"name: no corpus is called {name!r}; {nearest_names(name, _BY_NAME)}")
    return _BY_NAME[name]


def remember(corpus, splits):
    """Adds a corpus of the user's own, with its examples by split."""
    if corpus.name in NAMES:
        raise ValueError(f"`name` must not be that of a built-in corpus, got {corpus.name!r}.")
    _BY_NAME[corpus.name] = corpus
    IN_MEMORY[corpus.name] = splits
