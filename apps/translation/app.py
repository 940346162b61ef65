"""What the app declares; see `apps.registry`."""

from apps.fields import Text
from apps.registry import App, Card, Metric

APP = App(
    name="translation",
    title="a text in another language",
    fields={"source": Text(), "target": Text()},
    x=("source",),
    y=("target",),
    task="apps.translation.task:Translator",
    recipe="apps.translation.recipe:TranslationRecipe",
    printer="apps.translation.show:TranslationPrinter",
    card=Card(
        unit="sources",
        use="""\
translator = zoo.load("{name}")
translator.translate(["{example}"])""",
        limits="""\
It knows the language of its corpus: on other subjects, and with words that it never saw, it writes
what is likely there rather than what the source says, fluently all the same. It repeats the
prejudices of the people who wrote the texts. Sources of more than {length} tokens are cut.""",
    ),
    metrics={
        "bleu": Metric(shown_as="score", title="BLEU"),
        "bleu_lowercase": Metric(shown_as="score", title="BLEU without case"),
        "chrf": Metric(shown_as="score", title="chrF"),
        "exact_match": Metric(title="exact match"),
        "loss": Metric("min", "number"),
    },
    space="apps.translation.space:space",
    corpora="apps.translation.corpora:CORPORA",
    exports={
        "SmoothedCrossentropy": "apps.translation.losses",
        "Translation": "apps.translation.task",
        "TranslationPreprocessor": "apps.translation.preprocessor",
        "Translator": "apps.translation.task",
        "callbacks.AttentionImages": "apps.translation.attention_images",
        "callbacks.TranslationQuality": "apps.translation.quality",
        "datasets.to_pig_latin": "apps.translation.pig_latin",
        "metrics.translation_scores": "apps.translation.bleu_and_chrf",
    },
)
