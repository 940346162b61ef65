"""Speed and memory of a translator from raw strings, on Multi30k's test part of 2016.

    python -m benchmarks.translation [--data-dir CORPORA] [--preset translation_multi30k_en_de]

Without corpora it translates the bundled sample's sentences.
"""

import keras
import numpy as np
import tensorflow as tf

import zoo
from apps import datasets
from apps.core.raw_text import text_batches
from apps.training.measuring import peak_memory_gigabytes
from apps.translation.decoding import END, SPECIAL
from benchmarks.timing import print_table, quartiles, read_options


def sentences(data_dir):
    if data_dir:
        examples = datasets.load("multi30k_en_de", "test", data_dir=data_dir)
    else:
        examples = datasets.load("uci_sentiment_sample", "train")
    return [text.decode("utf-8") for text, _ in examples.as_numpy_iterator()]


def python_loop(translator, texts, batch_size):
    """Greedy search with a call from Python for each token, to compare with the compiled loop."""
    backbone, preprocessor = translator.backbone, translator.preprocessor

    @tf.function(reduce_retracing=True)
    def start(batch):
        return backbone.start(batch["source_ids"], batch["source_mask"])

    @tf.function(reduce_retracing=True)
    def step(ids, states, stays, number):
        outputs = backbone.decoder(ids, states=states, step=number, **stays)
        logits = outputs["logits"][:, 0]
        chosen = SPECIAL + tf.argmax(logits[:, SPECIAL:], axis=-1, output_type=tf.int32)
        return chosen[:, None], outputs["states"]

    def run():
        for _, batch in text_batches(translator, texts, batch_size, unit="tokens"):
            stays, states = start(batch)
            ids = preprocessor.starts(len(batch["source_ids"]))
            chosen, ended = [], np.zeros(len(ids), bool)
            while not ended.all() and len(chosen) < preprocessor.sequence_length:
                ids, states = step(ids, states, stays, tf.constant(len(chosen)))
                chosen.append(ids)
                ended |= ids.numpy()[:, 0] == END
            preprocessor.decode(tf.concat(chosen, axis=1))

    return run


def main():
    options = read_options(__doc__, "translation_multi30k_en_de", repeats=3, batch_size=64)

    texts, size = sentences(options.data_dir), options.batch_size
    translator = zoo.load(options.preset)

    def search(width):
        return lambda: translator.translate(texts, beam_width=width, batch_size=size)

    greedy, beam = (quartiles(search(width), options.repeats) for width in (1, 5))
    by_token = quartiles(python_loop(translator, texts, size), options.repeats)
    single = quartiles(lambda: translator.translate(texts[:1]), 10)

    def shown(seconds):
        return f"{seconds[0]:.1f} s (quartiles {seconds[1]:.1f} to {seconds[2]:.1f})"

    print_table(
        f"{options.preset}, {len(texts):,} sentences in batches of {size}, "
        f"{keras.backend.backend()}",
        [
            ("beam search, 5 hypotheses", shown(beam)),
            ("greedy search", shown(greedy)),
            ("beam over greedy", f"{beam[0] / greedy[0]:.2f}"),
            (
                "greedy, over a call from Python for each token that gives no scores",
                f"{greedy[0] / by_token[0]:.2f}",
            ),
            ("one sentence, warm, beam search", f"{single[0] * 1000:.0f} ms"),
            ("peak memory", f"{peak_memory_gigabytes()} GB"),
        ],
    )


if __name__ == "__main__":
    main()
