"""What the app declares; see `apps.registry`."""

from apps.fields import Name, Words
from apps.registry import App, Card, Metric

APP = App(
    name="tagging",
    title="a tag for each word",
    fields={"words": Words(), "tags": Name("word", first="O")},
    x=("words",),
    y=("tags",),
    task="apps.tagging.task:Tagger",
    recipe="apps.tagging.recipe:TaggingRecipe",
    printer="apps.tagging.show:TaggingPrinter",
    card=Card(
        unit="sentences",
        use="""\
tagger = zoo.load("{name}")
tagger.tag(["Ada met Bob in Paris."])""",
        limits="""\
It knows the language of its corpus, and only the tags {labels}. On texts of other kinds than those
of its corpus it is less right, and on names and words that it never saw less than on others. The
figures are for the words of the corpus; raw text is split by rules that sometimes split it
otherwise.""",
    ),
    metrics={
        "f1": Metric(title="F1"),
        "precision": Metric(),
        "recall": Metric(),
        "accuracy": Metric(),
        "error": Metric("min"),
        "loss": Metric("min", "number"),
    },
    space="apps.tagging.space:space",
    corpora="apps.tagging.corpora:CORPORA",
    exports={
        "Span": "apps.tagging.answer",
        "TaggedSentence": "apps.tagging.answer",
        "Tagger": "apps.tagging.task",
        "TaggingPreprocessor": "apps.tagging.preprocessor",
        "metrics.EntityScores": "apps.tagging.entity_scores",
        "metrics.TagAccuracy": "apps.tagging.tag_accuracy",
        "to_iob2": "apps.tagging.spans",
    },
)
