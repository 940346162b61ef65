"""The table of corpora of texts with labels."""

import dataclasses

from apps.datasets.corpus import Corpus
from apps.datasets.download import Download

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
    builder="apps.sentiment.sst:Sst",
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
    builder="apps.sentiment.uci_sentiment:UciSentiment",
)

CORPORA = (
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
        builder="apps.sentiment.imdb:Imdb",
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
        loader="apps.sentiment.uci_sentiment_sample:load_sample",
    ),
)
