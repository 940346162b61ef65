"""The inputs of a word encoder, and the vectors that it makes of them."""

import keras

from zoo import layers


def encoder_inputs(config):
    """The inputs by name."""
    inputs = {
        "token_ids": keras.Input((None,), dtype="int32", name="token_ids"),  # (B, T)
        "padding_mask": keras.Input((None,), dtype="bool", name="padding_mask"),  # (B, T)
    }
    if config["char_encoder"]:
        inputs["char_ids"] = keras.Input((None, None), dtype="int32", name="char_ids")
    if config["casing_dim"]:
        inputs["casing_ids"] = keras.Input((None,), dtype="int32", name="casing_ids")
    return inputs


def word_vectors(inputs, config, dtype):
    """The layer of the words' embeddings, and the vectors `(B, T, E')` of words."""
    kind = keras.layers.ReversibleEmbedding if config["reversible"] else keras.layers.Embedding
    embedding = kind(
        config["vocabulary_size"], config["embedding_dim"], dtype=dtype, name="token_embedding"
    )
    words = inputs["token_ids"]
    if config["word_dropout"]:
        words = layers.WordDropout(config["word_dropout"], name="word_dropout")(words)
    parts = [embedding(words)]  # (B, T, E)
    if config["char_encoder"]:
        parts.append(char_layer(config, dtype)(inputs["char_ids"]))  # (B, T, C)
    if config["join"] == "gate":
        parts = [layers.EmbeddingGate(dtype=dtype, name="join")(*parts)]  # (B, T, E)
    if config["casing_dim"]:
        casing = keras.layers.Embedding(
            config["casing_size"], config["casing_dim"], dtype=dtype, name="casing_embedding"
        )
        parts.append(casing(inputs["casing_ids"]))
    if len(parts) == 1:
        return embedding, parts[0]
    return embedding, keras.layers.Concatenate(dtype=dtype, name="word_vectors")(parts)


def char_layer(config, dtype):
    sizes = [config["char_vocabulary_size"], config["char_embedding_dim"]]
    options = {"dtype": dtype, "name": "characters"}
    if config["char_encoder"] == "cnn":
        return layers.CharCNN(*sizes, config["char_units"], **options)
    return layers.CharRNN(*sizes, config["char_units"] // 2, **options)
