"""Subwords or characters of a text, and their ids."""

import hashlib
import io
import itertools
import warnings

import keras
import keras_hub
import sentencepiece
import tensorflow as tf
from tensorflow_text.python.ops import sentencepiece_tokenizer  # no public way to its operation

from apps.text.tokenizers import check_size
from zoo.backbones import Seq2Seq
from zoo.from_preset import FromPreset

KINDS = ("unigram", "bpe", "char")


@keras.saving.register_keras_serializable("apps")
class SubwordTokenizer(FromPreset, keras_hub.tokenizers.SentencePieceTokenizer):
    """SentencePiece, with the ids of padding 0, unknown 1, start 2 and end 3.

    `learn_subwords` makes its vocabulary, of subwords or of characters. What text it was can be
    told from the ids (`detokenize`), but for what the vocabulary does not have, and for Unicode
    NFKC and runs of white space, which SentencePiece normalises.

    Args:
        proto: The vocabulary: `bytes`, or the path of a file; `None`, to be loaded later by
            `from_preset`.
        dtype: Integer dtype of the ids, or `"string"`.

    Call arguments:
        inputs: A string, or a string tensor or list of strings `(B,)`.

    Returns:
        As `keras_hub.tokenizers.SentencePieceTokenizer`: ids without start and end.

    Errors:
        ValueError: If a special id is another one than these.

    Example:
        >>> tokenizer = SubwordTokenizer(learn_subwords([["a man", "a hat"]], 20, kind="char"))
        >>> tokenizer.detokenize(tokenizer(["a hat"]))
        ['a hat']

    Reference: Kudo and Richardson 2018, arXiv:1808.06226.
    """

    backbone_cls = Seq2Seq
    padding_id, unknown_id, start_id, end_id = 0, 1, 2, 3
    model_size = None  # number of ids of the model that it belongs to

    def set_proto(self, proto):
        with warnings.catch_warnings():  # KerasHub does not close the file
            warnings.simplefilter("ignore", ResourceWarning)
            super().set_proto(proto)
        self.built = True  # a table, no weights
        if proto is None:
            return
        check_size(self.model_size, self.vocabulary_size())
        model = self._sentence_piece_spm
        ids = (model.pad_id(), model.unk_id(), model.bos_id(), model.eos_id())
        if ids != (0, 1, 2, 3):
            raise ValueError(
                "`proto` must have the ids 0, 1, 2, 3 for padding, unknown, start and end, got "
                f"{ids}."
            )

    def _set_proto_tf(self, proto):
        super()._set_proto_tf(proto)
        self._sentence_piece._model_resource = _LastingModel(proto)

    @property
    def has_vocabulary(self):
        """Whether the vocabulary is set."""
        return self.proto is not None

    def ids_of(self, texts):
        """Ids of texts `(B,)` as a ragged tensor `(B, None)`, also when called eagerly."""
        self._check_vocabulary()
        return self._sentence_piece.tokenize(tf.convert_to_tensor(texts))

    def texts_of(self, ids):
        """Texts `(B,)`, a string tensor, of ids `(B, None)`, also when called eagerly."""
        self._check_vocabulary()
        return self._sentence_piece.detokenize(tf.cast(ids, tf.int32))

    def pieces(self, ids):
        """The pieces of a list of ids, as strings; a space is `▁`."""
        return [self.id_to_token(int(index)) for index in ids]


def learn_subwords(datasets, vocabulary_size, kind="unigram"):
    """Learns a vocabulary.

    Args:
        datasets: List of `tf.data.Dataset`s of string scalars, or of lists of strings.
        vocabulary_size: Largest number of ids, of which four are special.
        kind: `"unigram"` or `"bpe"` for subwords, `"char"` for characters.

    Returns:
        The vocabulary, as `bytes` that `SubwordTokenizer` takes.

    Raises:
        TypeError: If `datasets` is not a list of them.
        ValueError: If `kind` is unknown, `vocabulary_size` is below 5 or below the number of
            characters, or there is no text. Texts of more than 4,192 bytes count as none.

    Example:
        >>> len(learn_subwords([["a man", "a hat"]], 20, kind="char")) > 0
        True

    Reference: Kudo 2018, arXiv:1804.10959 (unigram); Sennrich et al. 2016, arXiv:1508.07909 (bpe).
    """
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {KINDS}, got {kind!r}.")
    if isinstance(vocabulary_size, bool) or not isinstance(vocabulary_size, int):
        raise ValueError(f"`vocabulary_size` must be an integer, got {vocabulary_size!r}.")
    if vocabulary_size < 5:
        raise ValueError(f"`vocabulary_size` must be 5 or more, got {vocabulary_size}.")
    _check_datasets(datasets)
    texts = itertools.chain.from_iterable(map(_texts, datasets))
    first = next((text for text in texts if text.strip()), None)
    if first is None:
        raise ValueError("`datasets` must have a text that is not blank, got none.")
    vocabulary = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=itertools.chain([first], texts),
            model_writer=vocabulary,
            vocab_size=vocabulary_size,
            hard_vocab_limit=False,
            model_type=kind,
            character_coverage=1.0 if kind == "char" else 0.9998,
            normalization_rule_name="nmt_nfkc",
            pad_id=0,
            unk_id=1,
            bos_id=2,
            eos_id=3,
            num_threads=1,
            minloglevel=2,
        )
    except RuntimeError as error:
        reason = str(error).rpartition("] ")[2] or "no text is short enough"
        raise ValueError(f"`datasets` gave no vocabulary of {vocabulary_size}: {reason}") from None
    return vocabulary.getvalue()


class _LastingModel(tf.saved_model.experimental.TrackableResource):
    """The vocabulary, where TensorFlow's operations find it, for as long as the process lives.

    TensorFlow Text's own is lost when TensorFlow clears its caches, as `set_random_seed` does.
    """

    def __init__(self, proto):
        super().__init__()
        self._proto = proto
        self._name = hashlib.sha256(proto).hexdigest()
        _ = self.resource_handle  # is made by that

    def _create_resource(self):
        make = sentencepiece_tokenizer.gen_sentencepiece_tokenizer.sentencepiece_op
        return make(model=self._proto, shared_name=self._name)


def _check_datasets(datasets):
    if not isinstance(datasets, list | tuple):
        raise TypeError(f"`datasets` must be a list of datasets or lists, got {datasets!r}.")
    for index, dataset in enumerate(datasets):
        if not isinstance(dataset, tf.data.Dataset | list | tuple):
            raise TypeError(
                f"`datasets[{index}]` must be a dataset or a list of strings, got {dataset!r}."
            )


def _texts(dataset):
    if isinstance(dataset, tf.data.Dataset):
        dataset = dataset.as_numpy_iterator()
    return (text.decode() if isinstance(text, bytes) else text for text in dataset)
