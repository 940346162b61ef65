"""Speed of a question answerer, on bAbI's validation part, and with longer and longer stories.

python -m benchmarks.question_answering --data-dir CORPORA [--preset qa_babi]
"""

import zoo
from apps import datasets
from apps.training.measuring import peak_memory_gigabytes
from benchmarks.timing import print_table, quartiles, rate, read_options

LENGTHS = (10, 20, 40, 80, 160, 320)
SENTENCE, QUESTION = "Mary went back to the garden.", "Where is Mary?"


def questions(data_dir):
    """Raw stories and questions."""
    examples = datasets.load("babi_10k", "validation", data_dir=data_dir).as_numpy_iterator()
    rows = [
        ([sentence.decode() for sentence in x["story"]], x["question"].decode())
        for x, _ in examples
    ]
    return [story for story, _ in rows], [question for _, question in rows]


def main():
    options = read_options(__doc__, "qa_babi", repeats=5)

    stories, asked = questions(options.data_dir)
    answerer = zoo.load(options.preset)
    many = quartiles(lambda: answerer.answer(stories, asked, batch_size=128), options.repeats)
    single = quartiles(lambda: answerer.answer(stories[:1], asked[:1]), 20)[0]
    rows = [
        ("questions a second from raw text, batches of 128", rate(len(asked), many)),
        ("one question, warm", f"{single * 1000:.0f} ms"),
    ]
    shortest = None
    for length in LENGTHS:
        batch = [[SENTENCE] * length] * 128, [QUESTION] * 128
        seconds = quartiles(lambda batch=batch: answerer.answer(*batch, batch_size=128), 5)[0]
        shortest = shortest or seconds
        rows.append(
            (
                f"128 questions on stories of {length} sentences",
                f"{seconds * 1000:.0f} ms, {seconds / shortest:.1f} of those of {LENGTHS[0]}",
            )
        )
    rows.append(("peak memory", f"{peak_memory_gigabytes()} GB"))
    print_table(f"{options.preset}, {len(asked):,} questions of bAbI's validation part", rows)


if __name__ == "__main__":
    main()
