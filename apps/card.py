"""The model card of a preset."""

from apps import datasets

_CARD = """\
# {name}

{description}

| | |
|---|---|
| task | {task} |
| accuracy on the validation part | **{accuracy:.2%}** of {examples:,} texts |
| how to measure it again | `seqzoo evaluate {name} --data-dir CORPORA` |
| weights | {parameters:,}, stored as float16 |
| trained on | {data} |
| starts from | {start} |
| seed | {seed} |
| training | {minutes} minutes on {hardware}, {backend} {version}; peak memory {memory} GB |
| how to train it again | `seqzoo train recipe.json --data-dir CORPORA` |
| licence of the weights | {licence} |
| licence of the data | {data_licence} |

The figure is that of the files in this folder; `metrics.json` has their SHA-256.
{selection}

## Use

```python
import zoo

classifier = zoo.load("{name}")
classifier.classify(["A gorgeous, witty film."])
```

## Limits

It knows the language of its corpus, and only the labels {labels}: a text about nothing still
gets one of them. On other subjects than those of its corpus it is less sure and less right. It
repeats the prejudices of the people who wrote the texts. Texts of more than {length} words are cut.

## Source of the data

{citation}. {home_page}
"""


def write_card(recipe, metrics, file):
    """Writes the card of a preset that was made from a recipe, with the figures measured on it."""
    corpus, training = datasets.info(recipe.data.name), metrics["training"]
    figures = metrics["metrics"]
    if recipe.data.holdout:
        selection = (
            f"The epoch was chosen on {recipe.data.holdout:,} training texts that were set aside, "
            "not on the validation part."
        )
    else:
        selection = "The weights are those of the last epoch: nothing was chosen by this figure."
    card = _CARD.format(
        name=recipe.name,
        description=recipe.description,
        task=recipe.app,
        accuracy=figures["validation_accuracy"],
        examples=figures["validation_examples"],
        parameters=metrics["parameters"],
        data=metrics["data"].split(" (")[0],
        start=_start(recipe),
        seed=recipe.seed,
        minutes=training["minutes"],
        hardware=training["hardware"],
        backend=training["backend"],
        version=training["versions"].get(training["backend"], ""),
        memory=training["peak_memory_gigabytes"],
        licence=recipe.licence,
        data_licence=corpus.licence,
        selection=selection,
        labels=" and ".join(corpus.labels) if len(corpus.labels) < 3 else ", ".join(corpus.labels),
        length=recipe.preprocessor.sequence_length,
        citation=corpus.citation,
        home_page=corpus.home_page,
    )
    file.write_text(card, "utf-8")


def _start(recipe):
    if recipe.start_from:
        return (
            f"the vocabulary and the encoder of `{recipe.start_from}`, with its data and its time; "
            "the sizes of `network` in the recipe do not count"
        )
    if recipe.pretraining:
        parts = " and ".join(recipe.pretraining.splits)
        return f"a language model of the parts {parts}, {recipe.pretraining.epochs} epochs"
    return "random weights"
