"""Speed and memory of the sentiment presets, on IMDB's validation part.

    python -m benchmarks.sentiment [--data-dir CORPORA] [--preset sentiment_imdb]

Without corpora it repeats the bundled sample's sentences into texts as long as IMDB's reviews.
"""

import subprocess
import sys
import time

import numpy as np

from apps import datasets
from apps.training.measuring import peak_memory_gigabytes
from benchmarks.timing import print_table, quartiles, rate, read_options


def reviews(data_dir, count):
    """Raw texts: real reviews, or sentences strung together to 230 words."""
    if data_dir:
        examples = datasets.load("imdb", "validation", data_dir=data_dir).take(count)
        return [text.decode("utf-8") for text, _ in examples.as_numpy_iterator()]
    sample = datasets.load("uci_sentiment_sample", "train").as_numpy_iterator()
    sentences = [text.decode("utf-8") for text, _ in sample]
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(sentences, 20)) for _ in range(count)]


def cold_start(preset):
    """Seconds of `seqzoo predict` in a new process."""
    command = [
        sys.executable,
        "-c",
        "from apps.cli.commands import main; main()",
        "predict",
        preset,
    ]
    start = time.perf_counter()
    subprocess.run([*command, "A gorgeous, witty film."], check=True, capture_output=True)
    return time.perf_counter() - start


def main():
    options = read_options(__doc__, "sentiment_imdb", repeats=3, count=2500)

    import warnings

    import zoo

    warnings.simplefilter("ignore")  # that long reviews are cut
    cold = sorted(cold_start(options.preset) for _ in range(3))[1]
    texts = reviews(options.data_dir, options.count)
    classifier = zoo.load(options.preset)
    many = quartiles(lambda: classifier.classify(texts), options.repeats)
    single = quartiles(lambda: classifier.classify(texts[:1]), 10)
    print_table(
        f"{options.preset}, {len(texts)} texts of {np.mean([len(t) for t in texts]):.0f} signs",
        [
            ("texts a second from raw strings", rate(len(texts), many)),
            ("one text, warm", f"{single[0] * 1000:.0f} ms"),
            ("cold `seqzoo predict`", f"{cold:.1f} s"),
            ("peak memory of this process", f"{peak_memory_gigabytes()} GB"),
        ],
    )


if __name__ == "__main__":
    main()
