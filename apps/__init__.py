"""Ready-made apps: raw text in, answers out."""

from zoo.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Answer": "apps.question_answering",
        "Classification": "apps.sentiment",
        "QuestionAnswerer": "apps.question_answering",
        "QuestionAnsweringPreprocessor": "apps.question_answering_preprocessor",
        "SentimentClassifier": "apps.sentiment",
        "SentimentPreprocessor": "apps.sentiment",
        "SmoothedCrossentropy": "apps.losses",
        "Span": "apps.tagged_sentence",
        "SubwordTokenizer": "apps.subword_tokenizer",
        "TaggedSentence": "apps.tagged_sentence",
        "Tagger": "apps.tagging",
        "TaggingPreprocessor": "apps.tagging_preprocessor",
        "Translation": "apps.translation",
        "TranslationPreprocessor": "apps.translation_preprocessor",
        "Translator": "apps.translation",
        "WordTokenizer": "apps.tokenizers",
        "learn_subwords": "apps.subword_tokenizer",
        "learn_vocabulary": "apps.tokenizers",
        "to_iob2": "apps.spans",
    },
    first="zoo.quiet_keras_hub",
)
