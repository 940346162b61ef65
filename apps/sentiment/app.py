"""What the app declares; see `apps.registry`."""

from apps.fields import Index, Text
from apps.registry import App, Card, Metric

APP = App(
    name="sentiment",
    title="the label of a text",
    fields={"text": Text(), "label": Index(names=("negative", "positive"))},
    x=("text",),
    y=("label",),
    task="apps.sentiment.task:SentimentClassifier",
    recipe="apps.sentiment.recipe:SentimentRecipe",
    printer="apps.sentiment.show:ClassificationPrinter",
    card=Card(
        unit="texts",
        use="""\
classifier = zoo.load("{name}")
classifier.classify(["A gorgeous, witty film."])""",
        limits="""\
It knows the language of its corpus, and only the labels {labels}: a text about nothing still
gets one of them. On other subjects than those of its corpus it is less sure and less right. It
repeats the prejudices of the people who wrote the texts. Texts of more than {length} words are
cut.""",
    ),
    metrics={"accuracy": Metric(), "error": Metric("min"), "loss": Metric("min", "number")},
    space="apps.sentiment.space:space",
    corpora="apps.sentiment.corpora:CORPORA",
    exports={
        "Classification": "apps.core.answers",
        "SentimentClassifier": "apps.sentiment.task",
        "SentimentPreprocessor": "apps.sentiment.preprocessor",
        "datasets.detokenize": "apps.sentiment.ptb",
    },
)
