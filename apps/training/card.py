"""The model card of a preset."""

from apps import datasets, registry

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


def write_card(recipe, metrics, file):
    """Writes the card of a preset that was made from a recipe, with the figures measured on it.

    Args:
        recipe: The `Recipe`.
        metrics: What `metrics.json` has. `official_test` in it is a list of figures on test parts
            that no one who makes presets has: dictionaries of `part`, `name` and `figure`.
            `other_figures` are of commands of their own: `title`, `name`, `figure` and `command`.
        file: The file of the card.
    """
    app = registry.get(recipe.app)
    corpus, training = datasets.info(recipe.data.name), metrics["training"]
    limits = app.card.limits.format(
        labels=_list(corpus.labels), count=len(corpus.labels), length=recipe.longest()
    )
    card = _CARD.format(
        name=recipe.name,
        description=recipe.description,
        task=recipe.app,
        figures=_figures(metrics, app),
        parameters=metrics["parameters"],
        data=_data(recipe),
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
        use=_use(app.card.use.format(name=recipe.name, example=corpus.example)),
        limits=limits,
        sources=_sources(recipe),
    )
    file.write_text(card, "utf-8")


def _use(code):
    return f"```python\nimport zoo\n\n{code}\n```"


def _figures(metrics, app):
    """Rows of the table: the figure that counts first, then the others but for the loss."""
    figures, monitor = metrics["metrics"], metrics["monitor"]
    hidden = ("loss", "examples")
    shown = [name for name in figures if name.partition("_")[2] not in hidden]
    rows = []
    for key in [monitor, *(name for name in shown if name != monitor)]:
        part, _, name = key.partition("_")
        bold = "**" if key == monitor else ""
        title = _title(app, name, name.replace("_", " of "))
        of = f", {figures[f'{part}_examples']:,} {app.card.unit}" if key == monitor else ""
        value = app.show(name, figures[key])
        rows.append(f"| {title} on the {part} part | {bold}{value}{bold}{of} |")
    for each in metrics.get("official_test", []):
        name = each["name"]
        title, value = _title(app, name, name), app.show(name, each["figure"])
        rows.append(f"| {title} on {each['part']}, measured once | {value} |")
    for each in metrics.get("other_figures", []):
        value = app.show(each["name"], each["figure"])
        rows.append(f"| {each['title']} (`{each['command']}`) | {value} |")
    return "\n".join(rows)


def _title(app, figure, otherwise):
    """What a card calls a figure."""
    return (figure in app.metrics and app.metrics[figure].title) or otherwise


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


def _data(recipe):
    return ", ".join([recipe.data.name, *recipe.about_data()])


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
    names = [recipe.data.name, *(name for name, _ in recipe.more_data())]
    names += [recipe.part(part)[0] for part in parts]
    corpora, lines = {}, []
    for name in names:  # of several with the same files the first
        corpora.setdefault(datasets.info(name).folder or name, datasets.info(name))
    for corpus in corpora.values():
        line = f"- {corpus.name}: {corpus.citation}. {corpus.home_page} (licence: {corpus.licence})"
        lines.append(f"{line}. {corpus.remark}." if corpus.remark else line)
    return "\n".join(lines)
