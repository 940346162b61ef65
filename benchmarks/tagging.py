"""Speed and memory of the taggers, on EWT's validation part, and of an epoch of training.

python -m benchmarks.tagging --data-dir CORPORA [--preset pos_ewt]
"""

import time

import zoo
from apps import datasets
from apps.training.measuring import peak_memory_gigabytes
from benchmarks.timing import print_table, quartiles, rate, read_options


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
    options = read_options(__doc__, "pos_ewt", repeats=5)

    texts, words = sentences(options.data_dir)
    tagger = zoo.load(options.preset)
    many = quartiles(lambda: tagger.tag(texts, batch_size=128), options.repeats)
    single = quartiles(lambda: tagger.tag(texts[:1]), 20)
    inference_memory = peak_memory_gigabytes()
    training = epoch(options.preset, options.data_dir) if options.data_dir else None

    rows = [
        ("words a second from raw text, batches of 128", rate(words, many)),
        ("one sentence, warm", f"{single[0] * 1000:.0f} ms"),
        ("peak memory of inference", f"{inference_memory} GB"),
    ]
    if training:
        rows += [
            ("an epoch over EWT's training sentences, batches of 32", f"{training:.1f} s"),
            ("peak memory with training", f"{peak_memory_gigabytes()} GB"),
        ]
    print_table(f"{options.preset}, {len(texts):,} sentences, {words:,} words", rows)


if __name__ == "__main__":
    main()
