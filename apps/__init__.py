"""Ready-made apps: raw text in, answers out."""

from apps import registry
from zoo.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "SubwordTokenizer": "apps.text.subword_tokenizer",
        "WordTokenizer": "apps.text.tokenizers",
        "learn_subwords": "apps.text.subword_tokenizer",
        "learn_vocabulary": "apps.text.tokenizers",
        **registry.exports(__name__),
    },
    first="zoo.quiet_keras_hub",
)
