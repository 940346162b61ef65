"""The model card of a preset."""

from apps import datasets
from zoo.presets import show_figure

_CARD = """\
# {name}

{description}

| | |
|---|---|
| task | {task} |
{figures}
| how to measure it again | `seqzoo evaluate {name} --data-dir CORPORA` |
| weights | {parameters:,}, stored as float16 |
| trained on | {data} |
| starts from | {start} |
| seed | {seed} |
| training | {minutes} minutes on {hardware}, {backend} {version}; peak memory {memory} GB |
| how to train it again | `seqzoo train recipe.json --data-dir CORPORA` |
| licence of the weights | {licence} |
| licence of the data | {data_licence} |

The figures are those of the files in this folder; `metrics.json` has their SHA-256.
{selection}

## Use

{use}

## Limits

{limits}

## Source of the data

{sources}
"""

_UNITS = {
    "question_answering": "questions",
    "sentiment": "texts",
    "tagging": "sentences",
    "translation": "sources",
}
_TITLES = {
    "bleu": "BLEU",
    "bleu_lowercase": "BLEU without case",
    "chrf": "chrF",
    "f1": "F1",
    "exact_match": "exact match",
    "mean_error": "mean of the errors of the tasks",
    "failed_tasks": "tasks with an error of more than 5%",
    "support": "questions whose sentence with the largest weight supports the answer,",
}
_USE = {
    "question_answering": """\
```python
import zoo

answerer = zoo.load("{name}")
story = "Mary went to the garden. John went to the office. Mary got the milk there."
answerer.answer([story], ["Where is the milk?"])
```""",
    "sentiment": """\
```python
import zoo

classifier = zoo.load("{name}")
classifier.classify(["A gorgeous, witty film."])
```""",
    "tagging": """\
```python
import zoo

tagger = zoo.load("{name}")
tagger.tag(["Ada met Bob in Paris."])
```""",
    "translation": """\
```python
import zoo

translator = zoo.load("{name}")
translator.translate(["{example}"])
```""",
}
_LIMITS = {
    "question_answering": """\
It knows the words and the kinds of sentences of its corpus, which a simulation made, and gives one
of {answers} answers, whatever the question: what it does on other texts is a guess. Words that it
never saw are named in the result. Of stories of more than {length} sentences the last are kept.""",
    "sentiment": """\
It knows the language of its corpus, and only the labels {labels}: a text about nothing still
gets one of them. On other subjects than those of its corpus it is less sure and less right. It
repeats the prejudices of the people who wrote the texts. Texts of more than {length} words are
cut.""",
    "tagging": """\
It knows the language of its corpus, and only the tags {labels}. On texts of other kinds than those
of its corpus it is less right, and on names and words that it never saw less than on others. The
figures are for the words of the corpus; raw text is split by rules that sometimes split it
otherwise.""",
    "translation": """\
It knows the language of its corpus: on other subjects, and with words that it never saw, it writes
what is likely there rather than what the source says, fluently all the same. It repeats the
prejudices of the people who wrote the texts. Sources of more than {length} tokens are cut.""",
}
_EXAMPLES = {"pig_latin": "translate", "multi30k_en_de": "A man rides a horse."}


def write_card(recipe, metrics, file):
    """Writes the card of a preset that was made from a recipe, with the figures measured on it.

    Args:
        recipe: The `Recipe`.
        metrics: What `metrics.json` has. `official_test` in it is a list of figures on test parts
            that no one who makes presets has: dictionaries of `part`, `name` and `figure`.
            `other_figures` are of commands of their own: `title`, `name`, `figure` and `command`.
        file: The file of the card.
    """
    corpus, training = datasets.info(recipe.data.name), metrics["training"]
    sizes = recipe.preprocessor.model_dump()
    limits = _LIMITS[recipe.app].format(
        labels=_list(corpus.labels),
        answers=len(corpus.labels),
        length=sizes.get("sequence_length", sizes.get("story_length")),
    )
    card = _CARD.format(
        name=recipe.name,
        description=recipe.description,
        task=recipe.app,
        figures=_figures(metrics),
        parameters=metrics["parameters"],
        data=_data(recipe.data),
        start=_start(recipe),
        seed=recipe.seed,
        minutes=training["minutes"],
        hardware=training["hardware"],
        backend=training["backend"],
        version=training["versions"].get(training["backend"], ""),
        memory=training["peak_memory_gigabytes"],
        licence=recipe.licence,
        data_licence=corpus.licence,
        selection=_selection(recipe, metrics.get("search")),
        use=_USE[recipe.app].format(
            name=recipe.name, example=_EXAMPLES.get(recipe.data.name, "Where are you?")
        ),
        limits=limits,
        sources=_sources(recipe),
    )
    file.write_text(card, "utf-8")


def _figures(metrics):
    """Rows of the table: the figure that counts first, then the others but for the loss."""
    figures, monitor, unit = metrics["metrics"], metrics["monitor"], _UNITS[metrics["task"]]
    hidden = ("loss", "examples")
    shown = [name for name in figures if name.partition("_")[2] not in hidden]
    rows = []
    for key in [monitor, *(name for name in shown if name != monitor)]:
        part, _, name = key.partition("_")
        bold = "**" if key == monitor else ""
        title = _TITLES.get(name, name.replace("_", " of "))
        of = f", {figures[f'{part}_examples']:,} {unit}" if key == monitor else ""
        value = show_figure(name, figures[key])
        rows.append(f"| {title} on the {part} part | {bold}{value}{bold}{of} |")
    for each in metrics.get("official_test", []):
        name = each["name"]
        title, value = _TITLES.get(name, name), show_figure(name, each["figure"])
        rows.append(f"| {title} on {each['part']}, measured once | {value} |")
    for each in metrics.get("other_figures", []):
        value = show_figure(each["name"], each["figure"])
        rows.append(f"| {each['title']} (`{each['command']}`) | {value} |")
    return "\n".join(rows)


def _list(labels):
    return " and ".join(labels) if len(labels) < 3 else ", ".join(labels)


def _selection(recipe, search):
    if search:
        error = search.get("standard_error")
        error = "" if error is None else f" ± {error:.2g} (standard error)"
        return (
            f"Epoch and hyper-parameters were chosen on {recipe.data.holdout:,} training examples "
            "that were set aside, not on the parts that give figures: it is the best of "
            f"{search['trials']} trials ({search['algorithm']}) by {search['objective']}, "
            f"{search['held_out']:.4g}{error} there."
        )
    if recipe.data.holdout:
        return (
            f"The epoch was chosen on {recipe.data.holdout:,} training examples that were set "
            "aside, not on the parts that give figures."
        )
    return "The weights are those of the last epoch: nothing was chosen by these figures."


def _data(section):
    repeated = [f"{name} {n} more times" for name, n in getattr(section, "repeat", {}).items()]
    return ", ".join([section.name, *getattr(section, "extra", {}), *repeated])


def _start(recipe):
    if recipe.start_from:
        return (
            f"the vocabulary and the encoder of `{recipe.start_from}`, with its data and its time; "
            "the sizes of `network` in the recipe do not count"
        )
    if recipe.pretraining:
        parts = _list(list(dict.fromkeys(recipe.pretraining.splits)))
        return f"a language model of the parts {parts}, {recipe.pretraining.epochs} epochs"
    return "random weights"


def _sources(recipe):
    """Citation, home page and licence of each corpus, and what is particular about its files."""
    parts = list(recipe.pretraining.splits) if recipe.pretraining else []
    names = [recipe.data.name, *getattr(recipe.data, "extra", {})]
    names += [recipe.part(part)[0] for part in parts]
    lines = []
    for name in dict.fromkeys(names):
        corpus = datasets.info(name)
        line = f"- {name}: {corpus.citation}. {corpus.home_page} (licence: {corpus.licence})"
        lines.append(f"{line}. {corpus.remark}." if corpus.remark else line)
    return "\n".join(lines)
