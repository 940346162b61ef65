"""The table of corpora whose words have tags.

Their public originals are single files of a commit on GitHub.
"""

import dataclasses

from apps.datasets.conll import UPOS
from apps.datasets.corpus import Corpus
from apps.datasets.download import Download


def _github(path, size, sha256):
    """Returns a `Download` from a path OWNER/REPOSITORY/COMMIT/FILE."""
    url = f"https://raw.githubusercontent.com/{path}"
    return Download(url, size, sha256, file=path.rpartition("/")[2])


def _entity_tags(*classes):
    return ("O", *(f"{place}-{name}" for name in classes for place in "BI"))


_EWT_COMMIT = "UniversalDependencies/UD_English-EWT/15d613d8447b3478787d4c278730a1e48a945efb"
_UNER_FIRST_COMMIT = "UniversalNER/UNER_English-EWT/0c7ce0debb13a7d304da656f16309397e8ff36ef"
_UNER_COMMIT = "UniversalNER/UNER_English-EWT/8ed072de2fd24022cc62458997fe96a8fe191ea4"
_WNUT_COMMIT = "leondz/emerging_entities_17/e52a2d2a71ac1a051ca2d532eef28653c5c02603"
_BTC_COMMIT = "GateNLP/broad_twitter_corpus/0c45ef7b1924a6b8115bceab388781590b1b553a"

_EWT_UPOS = Corpus(
    name="ewt_upos",
    labels=UPOS,
    splits={"train": 12_544, "validation": 2_001, "test": 2_077},
    licence="CC BY-SA 4.0",
    citation="Silveira et al. 2014, A Gold Standard Dependency Corpus for English (LREC)",
    home_page="https://github.com/UniversalDependencies/UD_English-EWT",
    downloads=(
        _github(
            f"{_EWT_COMMIT}/en_ewt-ud-train.conllu",
            14_203_025,
            "3fb78e2b55482c8ee00caa653af436c88c9e5bc9a73ce26e4ae3ddc79d2b7e7b",
        ),
        _github(
            f"{_EWT_COMMIT}/en_ewt-ud-dev.conllu",
            1_805_545,
            "531a54ff90d6ab12201c5a50c3e78e6ddac4de69abc4bce5d275d3cd29efe2b6",
        ),
        _github(
            f"{_EWT_COMMIT}/en_ewt-ud-test.conllu",
            1_804_515,
            "e266e515a0a7547657ed3d90d9ba46487d6bd251f27ad4269d4e8a427c8555cd",
        ),
    ),
    folder="ud-ewt",
    files={
        "train": ("en_ewt-ud-train.conllu",),
        "validation": ("en_ewt-ud-dev.conllu",),
        "test": ("en_ewt-ud-test.conllu",),
    },
    builder="apps.tagging.ewt:Ewt",
    config="upos",
)

_EWT_XPOS = dataclasses.replace(
    _EWT_UPOS,
    name="ewt_xpos",
    labels=(  # those of the training split
        *("$", "''", ",", "-LRB-", "-RRB-", ".", ":", "ADD", "AFX", "CC", "CD", "DT", "EX", "FW"),
        *("GW", "HYPH", "IN", "JJ", "JJR", "JJS", "LS", "MD", "NFP", "NN", "NNP", "NNPS", "NNS"),
        *("PDT", "POS", "PRP", "PRP$", "RB", "RBR", "RBS", "RP", "SYM", "TO", "UH", "VB", "VBD"),
        *("VBG", "VBN", "VBP", "VBZ", "WDT", "WP", "WP$", "WRB", "``"),
    ),
    config="xpos",
)

_UNER_EWT = Corpus(
    name="uner_ewt",
    labels=_entity_tags("PER", "ORG", "LOC"),
    splits={"train": 12_543, "validation": 2_001, "test": 2_077},
    licence="CC BY-SA 4.0",
    citation=(
        "Mayhew et al. 2024, Universal NER: A Gold-Standard Multilingual Named Entity Recognition "
        "Benchmark (NAACL)"
    ),
    home_page="https://github.com/UniversalNER/UNER_English-EWT",
    downloads=(
        _github(
            f"{_UNER_FIRST_COMMIT}/en_ewt-ud-train.iob2",
            3_963_291,
            "2d986b063bb92df99540e37de34b1415eb2a22958b86de3e4698ec3be05e339f",
        ),
        _github(
            f"{_UNER_COMMIT}/en_ewt-ud-dev.iob2",
            620_415,
            "0cafd881cf31d39897b6d588420fab8fbbe4423d271725c59921ac9dd49c0713",
        ),
        _github(
            f"{_UNER_COMMIT}/en_ewt-ud-test.iob2",
            623_751,
            "821ad826d5f503ac03b4edc3fbc2174f21fbb005ec25863caf2051c434616d6e",
        ),
    ),
    folder="uner-ewt",
    files={
        "train": ("en_ewt-ud-train.iob2",),
        "validation": ("en_ewt-ud-dev.iob2",),
        "test": ("en_ewt-ud-test.iob2",),
    },
    builder="apps.tagging.uner_ewt:UnerEwt",
    remark=(
        "The training file is the first published one, without its extra labels: it has 17 "
        "entities (0.24%) less than the final one"
    ),
)

_WNUT17 = Corpus(
    name="wnut17",
    labels=_entity_tags("person", "location", "corporation", "creative-work", "group", "product"),
    splits={"train": 3_394, "validation": 1_009, "test": 1_287},
    licence="CC BY 4.0",
    citation=(
        "Derczynski et al. 2017, Results of the WNUT2017 Shared Task on Novel and Emerging Entity "
        "Recognition (W-NUT)"
    ),
    home_page="https://github.com/leondz/emerging_entities_17",
    downloads=(
        _github(
            f"{_WNUT_COMMIT}/wnut17train.conll",
            493_781,
            "731820e13f71af324c6b55a1575ec2ce59fbaa2a0806f8f0400b98d56cd6a7a5",
        ),
        _github(
            f"{_WNUT_COMMIT}/emerging.dev.conll",
            114_749,
            "e053b752b8155113ca66e7db08af5f2f5f43ab993694e4774f1ec5bad42312d8",
        ),
        _github(
            f"{_WNUT_COMMIT}/emerging.test.annotated",
            192_425,
            "2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0",
        ),
    ),
    folder="wnut17",
    files={
        "train": ("wnut17train.conll",),
        "validation": ("emerging.dev.conll",),
        "test": ("emerging.test.annotated",),
    },
    builder="apps.tagging.wnut17:Wnut17",
)

_BTC = Corpus(
    name="btc",
    labels=_entity_tags("PER", "ORG", "LOC"),
    splits={"train": 6_338, "validation": 1_000, "test": 2_001},
    licence="CC BY 4.0",
    citation=(
        "Derczynski, Bontcheva & Roberts 2016, Broad Twitter Corpus: A Diverse Named Entity "
        "Recognition Resource (COLING)"
    ),
    home_page="https://github.com/GateNLP/broad_twitter_corpus",
    downloads=(
        _github(
            f"{_BTC_COMMIT}/train_dev_test_conll/btc.train",
            827_726,
            "2117732e744d8f1692786c7ebb919c52dadd406f082b43fe1e625a51f2cadd0f",
        ),
        _github(
            f"{_BTC_COMMIT}/train_dev_test_conll/btc.dev",
            119_810,
            "9f7d33bcd195cecf9767357a5f1fe0ba879af6c55ebb68b8e846bff23c4e7fa5",
        ),
        _github(
            f"{_BTC_COMMIT}/train_dev_test_conll/btc.test",
            294_166,
            "3bd2387dfc98ebc9d8b77d8b9c59826262e9beadce71ce8edde272821b9c87c8",
        ),
    ),
    folder="btc",
    files={"train": ("btc.train",), "validation": ("btc.dev",), "test": ("btc.test",)},
    builder="apps.tagging.btc:Btc",
)

CORPORA = (_EWT_UPOS, _EWT_XPOS, _UNER_EWT, _WNUT17, _BTC)
