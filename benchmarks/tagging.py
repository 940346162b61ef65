"""Speed and memory of the taggers, on EWT's validation part, and of an epoch of training.

python -m benchmarks.tagging --data-dir CORPORA [--preset pos_ewt]
"""

import argparse
import time

import numpy as np

import zoo
from apps import datasets
from apps.measuring import describe_machine, peak_memory_gigabytes


def sentences(data_dir):
    """Raw sentences, and the number of words that `pos_ewt` splits them into."""
    if data_dir:
        examples = datasets.load("ewt_upos", "validation", data_dir=data_dir)
        texts = [b" ".join(words) for words, _ in examples.as_numpy_iterator()]
    else:
        examples = datasets.load("uci_sentiment_sample", "train")
        texts = [text for text, _ in examples.as_numpy_iterator()] * 4
    words = zoo.load("pos_ewt").preprocessor.words(texts)
    return [text.decode("utf-8") for text in texts], int(words.row_lengths().numpy().sum())


def quartiles(job, repeats):
    """Seconds of a job: median, and the quartiles."""
    job()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - start)
    return np.percentile(seconds, [50, 25, 75])


def epoch(preset, data_dir):
    """Seconds of an epoch of training on EWT, batches of 32, after one to warm up."""
    tagger = zoo.load(preset)
    corpus = "ewt_upos" if not tagger.entities else "uner_ewt"
    train = datasets.load(corpus, "train", data_dir=data_dir).cache()
    batches = datasets.bucket_by_length(train.shuffle(20_000), 32)
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        tagger.fit(batches, verbose=0)
        seconds.append(time.perf_counter() - start)
    return seconds[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="pos_ewt")
    parser.add_argument("--data-dir")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()

    texts, words = sentences(options.data_dir)
    tagger = zoo.load(options.preset)
    many = quartiles(lambda: tagger.tag(texts, batch_size=128), options.repeats)
    single = quartiles(lambda: tagger.tag(texts[:1]), 20)
    inference_memory = peak_memory_gigabytes()
    training = epoch(options.preset, options.data_dir) if options.data_dir else None

    median, low, high = words / many
    machine = describe_machine()
    print(f"{options.preset}, {len(texts):,} sentences, {words:,} words")
    print(f"{machine['hardware']}, {machine['versions']}\n")
    print("| what | figure |")
    print("|---|---|")
    rates = f"{median:,.0f} (quartiles {min(low, high):,.0f} to {max(low, high):,.0f})"
    print(f"| words a second from raw text, batches of 128 | {rates} |")
    print(f"| one sentence, warm | {single[0] * 1000:.0f} ms |")
    print(f"| peak memory of inference | {inference_memory} GB |")
    if training:
        print(f"| an epoch over EWT's training sentences, batches of 32 | {training:.1f} s |")
        print(f"| peak memory with training | {peak_memory_gigabytes()} GB |")


if __name__ == "__main__":
    main()
