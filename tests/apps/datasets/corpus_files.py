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
