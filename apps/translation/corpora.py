"""The table of corpora of texts and their translations."""

from apps.datasets.corpus import Corpus
from apps.datasets.download import Download

_MULTI30K = (
    "https://raw.githubusercontent.com/multi30k/dataset/"
    "a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1"
)
_MULTI30K_SPLITS = {"train": "train", "validation": "val", "test": "test_2016_flickr"}
_MULTI30K_FILES = {  # size and SHA-256 when gunzipped
    "raw/train.en": (
        1_801_238,
        "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6",
    ),
    "raw/train.de": (
        2_110_398,
        "2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72",
    ),
    "raw/train.fr": (
        2_111_303,
        "5925a3c18f1587b6b54b87743106e6e8ab93618edb6f65d19eac0621f853a10d",
    ),
    "raw/train.cs": (
        1_755_283,
        "2be68b38c8d586ff4f54eb13cc6e1baaaa053695b3f070d3038303a47f2268da",
    ),
    "raw/val.en": (63_297, "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227"),
    "raw/val.de": (75_981, "660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660"),
    "raw/val.fr": (73_924, "5304e444d842e962b2dda4d816b70b22a1765b15401642b7ca37a67477e708dc"),
    "raw/val.cs": (60_213, "d53827e469b0a1ca8d57e9e26b2b64c4bc4b33f5479c7b03ae87ae5c882c3e33"),
    "raw/test_2016_flickr.en": (
        62_076,
        "399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182",
    ),
    "raw/test_2016_flickr.de": (
        70_649,
        "4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16",
    ),
    "raw/test_2016_flickr.fr": (
        72_261,
        "cb3160d69b002bb638e66cc7612fcd56cb0af82eadc9c142dedc438afb885ef6",
    ),
    "raw/test_2016_flickr.cs": (
        62_364,
        "45adb85f688de8407fddcbe1b36dca15d12aab868149b337e2576f2d6d2ff8d8",
    ),
}


def _multi30k(language, citation):
    files = {
        split: (f"raw/{stem}.en", f"raw/{stem}.{language}")
        for split, stem in _MULTI30K_SPLITS.items()
    }
    return Corpus(
        name=f"multi30k_en_{language}",
        labels=(),
        splits={"train": 29_000, "validation": 1_014, "test": 1_000},
        licence="none stated (research and education, non-commercial: derived from Flickr30k)",
        citation=citation,
        home_page="https://github.com/multi30k/dataset",
        downloads=tuple(
            Download(f"{_MULTI30K}/{file}.gz", *_MULTI30K_FILES[file], file=file, gunzip=True)
            for pair in files.values()
            for file in pair
        ),
        folder="multi30k",
        files=files,
        builder="apps.translation.multi30k:Multi30k",
        config=f"en_{language}",
        example="A man rides a horse.",
    )


def _tatoeba(language, code, splits, remark):
    """Returns the row of a language, whose file at manythings.org is called `code`."""
    folder, file = f"tatoeba-eng-{code}", f"{code}.txt"
    return Corpus(
        name=f"tatoeba_en_{language}",
        labels=(),
        splits=splits,
        licence="CC BY 2.0 FR",
        citation=(
            "Tatoeba, https://tatoeba.org, as selected by https://www.manythings.org/anki; the "
            "sentences are their authors'"
        ),
        home_page="https://www.manythings.org/anki/",
        folder=folder,
        files={split: (file,) for split in splits},
        builder="apps.translation.tatoeba:Tatoeba",
        config=f"en_{language}",
        options=("references",),
        report_options=("references",),
        remark=remark,
        instructions=(
            f"Unpack https://www.manythings.org/anki/{code}-eng.zip, which grows from time to "
            f"time, as {folder}, so that it holds {file}"
        ),
    )


CORPORA = (
    _multi30k(
        "de",
        "Elliott et al. 2016, Multi30K: Multilingual English-German Image Descriptions (VL)",
    ),
    _multi30k(
        "fr",
        "Elliott et al. 2017, Findings of the Second Shared Task on Multimodal Machine "
        "Translation and Multilingual Image Description (WMT)",
    ),
    _multi30k(
        "cs",
        "Barrault et al. 2018, Findings of the Third Shared Task on Multimodal Machine "
        "Translation (WMT)",
    ),
    _tatoeba(
        "es",
        "spa",
        splits={"train": 106_339, "validation": 5_131, "test": 5_032},
        remark=(
            "The file is that of 7 April 2018 (118,121 lines, SHA-256 from a2c37762 on), split "
            "here by English sentence: paraphrases of a held-out one may be in the training split"
        ),
    ),
    _tatoeba(
        "ar",
        "ara",
        splits={"train": 9_955, "validation": 1_107, "test": 1_162},
        remark=(
            "The file is one of 2025 (12,561 lines, SHA-256 from e3adb497 on), split here by "
            "English sentence: paraphrases of a held-out one may be in the training split"
        ),
    ),
    Corpus(
        name="pig_latin",
        labels=(),
        splits={"train": 7_336, "validation": 951, "test": 985},
        licence="CC BY 2.0 FR (the English words)",
        citation=(
            "Made by rule from the most frequent words of English sentences of Tatoeba, "
            "https://tatoeba.org, as selected by https://www.manythings.org/anki"
        ),
        home_page="https://tatoeba.org",
        loader="apps.translation.pig_latin:load_pig_latin",
        example="translate",
    ),
)
