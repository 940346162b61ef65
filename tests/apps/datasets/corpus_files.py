"""Small corpora with the layout of the original ones."""


def write_imdb(folder, parts=("train/pos", "train/neg", "train/unsup"), count=20):
    for part in parts:
        (folder / part).mkdir(parents=True)
        for i in range(count):
            path = folder / part / f"{i}_{9 if part.endswith('pos') else 0}.txt"
            path.write_text(f"{part} {i}<br />très", encoding="utf-8")


TRAIN_TREES = """\
(3 (2 It) (4 (2 's) (4 good)))
(1 (2 (2 Not) (1 (2 a) (1 (1 bad) (2 film)))) (2 .))
(2 (2 Two) (2 hours))
(0 (0 Awful) (2 !))
"""
DEV_TREES = """\
(4 (4 Good) (2 .))
(2 (2 So) (2 so))
(1 (1 Bad) (2 film))
"""
TEST_TREES = "(0 (0 Awful) (2 .))\n"


def write_sst(folder, test=False):
    folder.mkdir(parents=True)
    (folder / "train.txt").write_text(TRAIN_TREES)
    (folder / "dev.txt").write_text(DEV_TREES)
    if test:
        (folder / "test.txt").write_text(TEST_TREES)


def write_uci(folder):
    folder.mkdir(parents=True)
    for source in ("amazon_cells", "imdb", "yelp"):
        text = f"Good {source}.\t1\nOne\x85line.  \t0\n"
        (folder / f"{source}_labelled.txt").write_bytes(text.encode())


def conllu_row(identifier, form, upos="_", xpos="_"):
    return "\t".join((identifier, form, "_", upos, xpos, *"_____")) + "\n"


EWT_TRAIN = "".join(
    (
        "# newdoc id = blog\n# sent_id = 1\n# text = We don't!\n",
        conllu_row("1", "We", "PRON", "PRP"),
        conllu_row("2-3", "don't"),
        conllu_row("2", "do", "AUX", "VBP"),
        conllu_row("3", "n't", "PART", "RB"),
        conllu_row("3.1", "go", "VERB", "VB"),
        conllu_row("4", "!", "PUNCT", "."),
        "\n# sent_id = 2\n",
        conllu_row("1", "New York\xa0\x85", "PROPN", "NNP"),
        "\n",
    )
)
EWT_DEV = conllu_row("1", "Hi", "INTJ", "UH") + "\n"


def write_ewt(folder):
    folder.mkdir(parents=True)
    (folder / "en_ewt-ud-train.conllu").write_bytes(EWT_TRAIN.encode())
    (folder / "en_ewt-ud-dev.conllu").write_bytes(EWT_DEV.encode())


UNER_TRAIN = """\
# sent_id = 1
# text = In Rome # Ann Lee's Mac
1\tIn\tO\t-\t-
2\tRome\tB-LOC\t-\tann
3\t#\tO\t-\t-
4\tAnn\tB-PER\t-\tann
5\tLee\tI-PER\t-\tann
6\t's\tB-O\t-\tann
7\tMac\tB-OTH\t-\tann
8\tPro\tI-OTH\t-\tann
"""
UNER_DEV = "# text = UN\n1\tUN\tB-ORG\t-\t-\n\n"


def write_uner(folder):
    folder.mkdir(parents=True)
    (folder / "en_ewt-ud-train.iob2").write_text(UNER_TRAIN)
    (folder / "en_ewt-ud-dev.iob2").write_text(UNER_DEV)


WNUT_TRAIN = "At\tO\nRome\tB-location\n#\u2028\tO\n\t\nA\tO\n\nIron\tB-creative-work\n\t\n"
WNUT_DEV = "Hi\xa0all\tI-group\n\n"


def write_wnut17(folder, test=False):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wnut17train.conll").write_bytes(WNUT_TRAIN.encode())
    (folder / "emerging.dev.conll").write_bytes(WNUT_DEV.encode())
    if test:
        (folder / "emerging.test.annotated").write_text("Oslo\tB-location\n\n")


def write_btc(folder):
    folder.mkdir(parents=True)
    (folder / "btc.train").write_text("RT\tO\nMH17 \tO\nAnn\tB-PER\n\n")
    (folder / "btc.dev").write_text("a b\tO\n\tO\n\n\tO\n\nc\tO\n \tO\n\n")


MULTI30K = {  # English and German; the test set is missing
    "train": ("A dog.\nTwo men\xa0sit . \n", " Ein Hund.\nZwei Männer\x85sitzen.\n"),
    "val": ("A cat.\n", "Eine Katze.\n"),
}
MULTI30K_TEST = {"test_2016_flickr": ("A cow.\n", "Eine Kuh.\n")}


def write_multi30k(folder, parts=MULTI30K):
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    for part, sides in parts.items():
        for language, text in zip(("en", "de"), sides):
            (folder / "raw" / f"{part}.{language}").write_bytes(text.encode())


TATOEBA = """\
Go.\tVe.
Go!\t¡Ve!\tCC-BY 2.0 (France) Attribution: tatoeba.org #1 (CM) & #2 (saeb)
Go.\tVete.
Go.\tVe.
Hi.\tHola\x85.
Why me?\t¿Por qué yo?
Why me?\t ¿Y por qué yo?\u0020
WHY me!\t¡Por qué yo!
I know.\tYa sé.
I know.\tLo sé.
"""


def write_tatoeba(folder, file="spa.txt"):
    folder.mkdir(parents=True)
    (folder / file).write_bytes(TATOEBA.encode())


BABI_TRAIN = """\
1 Ida walked to the attic.
2 Ida took the lamp.
3 Where is the lamp? \tattic\t2 1
4 Omar dropped the rope.
5 Ida walked to the porch.
6 What did Ida carry?\tlamp,rope\t2 5
1 Omar is in the attic.
2 Is Omar in the attic?\tyes\t1
"""
BABI_VALID = "1 Ida ran to the porch.\n2 Where is Ida? \tporch\t1\n"


def write_babi(folder, part="en-valid", tasks=range(1, 21), test=False):
    texts = {"train": BABI_TRAIN, "valid": BABI_VALID} if not test else {"test": BABI_VALID}
    (folder / part).mkdir(parents=True, exist_ok=True)
    for task in tasks:
        for stem, text in texts.items():
            (folder / part / f"qa{task}_{stem}.txt").write_text(text)
