"""What all apps share: `fit` that shuffles, presets that are written whole."""

import math
import pathlib
import warnings
from numbers import Real

import keras
import numpy as np
import tensorflow as tf
from keras_hub.src.utils.preset_utils import get_preset_loader  # it has no public place

from apps import datasets
from apps.callbacks.embedding_projector import EmbeddingProjector
from apps.core.raw_batches import dataset_of_batches, is_source_of_batches
from apps.core.raw_text import (
    check_batch_size,
    check_texts,
    checked_names,
    is_rows,
    ragged_strings,
    rows_of,
    shown,
)
from apps.export import export_saved_model
from zoo import preset_classes, preset_files, preset_weights
from zoo.checked_model import CheckedModel, check_arguments
from zoo.from_preset import FromPreset
from zoo.presets import locate


class PresetTask(CheckedModel, FromPreset):
    """Mixin for KerasHub tasks, put before the task class.

    Bundled names to load by (`from_preset`), folders that are never
    half-written and hold no optimizer (`save_to_preset`), and `fit` on lists of
    raw strings that are shuffled anew in every epoch, as Keras does it.

    `monitor` is the name of the figure that tells how good a task is, `serve_inputs` those of the
    string tensors that the exported model takes.
    """

    monitor = "accuracy"
    serve_inputs = ("texts",)
    reports_loss = True  # false where the loss depends on how examples are batched
    metrics_before_fit = False  # true where `fit` is to make their variables before its first step

    def detailed_metrics(self):
        """The metrics for a report, where it has more than `compile` takes by default."""
        return "auto"

    def measure(self, examples, batch_size=64):
        """The figures of a report.

        Args:
            examples: A `tf.data.Dataset` of raw examples `(x, y)`.
            batch_size: Number of examples that go through the network at once.

        Returns:
            Dictionary of figures by name, with `monitor` among them.
        """
        self.compile(metrics=self.detailed_metrics())
        batches = datasets.bucket_by_length(examples, batch_size)
        figures = self.evaluate(batches, return_dict=True, verbose=0)
        if not self.reports_loss:
            del figures["loss"]
        return figures

    def monitoring(self, examples, log_dir):
        """Callbacks that add figures of held-out raw examples to the logs of an epoch."""
        return []

    def training_callbacks(self, log_dir):
        """Callbacks of a training from a recipe, which may log to a folder for TensorBoard."""
        has_words = getattr(getattr(self.preprocessor, "tokenizer", None), "has_vocabulary", False)
        return [EmbeddingProjector(log_dir)] if has_words else []

    def figures_of_answers(self, examples, batch_size=64):
        """The figures of raw examples that `monitoring` adds to those of `evaluate`."""
        return {}

    def layers_with_flags(self):
        kept_there = [self.backbone, *self.backbone._flatten_layers(include_self=False)]
        if self.preprocessor is not None:
            kept_there += self.preprocessor._flatten_layers()
        kept_there = set(map(id, kept_there))
        return [layer for layer in super().layers_with_flags() if id(layer) not in kept_there]

    @classmethod
    def from_preset(cls, preset, load_weights=True, **kwargs):
        """As KerasHub's; `preset` may also be the name of a bundled preset.

        Weights of any precision are turned into that of `dtype`, by default Keras' current policy.
        """
        check_arguments(cls, kwargs)
        folder = locate(preset)
        _check_class(cls, preset, folder)
        preset_files.check(folder)
        if kwargs.get("dtype") is None and preset_classes.is_mixed(folder):
            kwargs["dtype"] = keras.config.dtype_policy()  # KerasHub's own way fails for these
        known = preset_classes.known_by_its_name(cls, folder)
        with preset_classes.clear_class_errors(folder), known:
            # Not by KerasHub's own: it wants the very class of `backbone_cls`, no other.
            load_head = load_weights and "num_classes" not in kwargs
            if "num_classes" in kwargs and pathlib.Path(folder, preset_files.TASK).is_file():
                kwargs["quantized"] = {}  # a new head learns, which 8 bits do not
            task = get_preset_loader(folder).load_task(cls, load_weights, load_head, **kwargs)
        check_vocabulary(task.backbone, task.preprocessor)
        return task

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        **kwargs,
    ):
        """As `keras.Model.fit`, with raw inputs for `x`, and raw labels for `y`.

        Args:
            x: Raw inputs, with `y`: a list, a NumPy array, a pandas Series or any other sequence of
                them. Or batches of `(x, y)` or `(x, y, sample_weight)`, without `y`: a
                `tf.data.Dataset`, a `keras.utils.PyDataset`, a generator, or another iterable.
            y: A sequence of labels.
            batch_size: Number of examples in a step, 32 if `None`; not for batches.
            epochs: Number of epochs.
            verbose: As Keras'.
            callbacks: As Keras'.
            validation_split: Share in [0, 1) of the examples, the last ones as they came, that are
                not trained on and make `validation_data` where that is `None`; not for batches.
            validation_data: Examples `(x, y)` or `(x, y, sample_weight)`, or batches of them.
            shuffle: Whether examples come in another order in each epoch. Batches come as they are;
                those of a `PyDataset` in another order.
            class_weight: Dictionary from a class, by its name or its index, to the weight of its
                examples in the loss; of tasks with one class for each example.
            sample_weight: A weight for each example.
            **kwargs: As `keras.Model.fit`: `initial_epoch`, `steps_per_epoch`, ...

        Returns:
            A `keras.callbacks.History`.

        Raises:
            TypeError: If raw inputs are not of the type that the task takes.
            ValueError: If an argument is out of its range, or an example is wrong.
        """
        kwargs |= {"epochs": epochs, "verbose": verbose, "callbacks": callbacks}
        if class_weight is not None:
            kwargs["class_weight"] = self.class_weights(class_weight)
        if self.preprocessor is None:
            arguments = (sample_weight, validation_data, validation_split or None)
            return super().fit(x, y, batch_size, *arguments, shuffle=shuffle, **kwargs)
        _check_split(validation_split)
        size = self.size_of_batches(batch_size)
        if self._is_raw(x):
            dataset = self.raw_dataset(x, _given(y), sample_weight)
            total = count = int(dataset.cardinality())
            if validation_split and validation_data is None:
                count = _count_of_training(total, validation_split)
                validation_data = dataset.skip(count).batch(size)
                dataset = dataset.take(count)
            if shuffle:
                dataset = dataset.shuffle(count, reshuffle_each_iteration=True)
            x = dataset.batch(size)
        else:
            nothing = {"y": y, "batch_size": batch_size, "sample_weight": sample_weight}
            x = self._batches(x, shuffle, validation_split, **nothing)
        validation_size = kwargs.pop("validation_batch_size", None) or size
        validation_data = self._raw_validation(validation_data, validation_size)
        return super().fit(x, validation_data=validation_data, shuffle=False, **kwargs)

    def _raw_validation(self, data, batch_size):
        """The `validation_data` of `fit`, as a dataset."""
        if isinstance(data, (tuple, list)) and self._is_raw(data[0]):
            return self.raw_dataset(*data).batch(batch_size)
        if data is not None and is_source_of_batches(data):
            return dataset_of_batches(data, self.raw_tensors)
        return data

    def _batches(self, x, shuffle=False, validation_split=0.0, **nothing):
        """Batches of raw examples as a dataset; an error for what is none."""
        table = getattr(x, "ndim", 1) != 1
        if isinstance(x, (str, dict)) or table or not hasattr(x, "__iter__"):
            self.check_inputs(x)
        for name, value in nothing.items():
            if value is not None:
                raise ValueError(f"`{name}` must be None where `x` has batches, got {value!r}.")
        if validation_split:
            raise ValueError(
                f"`validation_split` must be 0 where `x` has batches, got {validation_split!r}."
            )
        return dataset_of_batches(x, self.raw_tensors, shuffle) if is_source_of_batches(x) else x

    def predict(self, x, *args, **kwargs):
        """As `keras.Model.predict`, with raw strings for `x`."""
        if self._is_raw(x):
            check_vocabulary(self.backbone, self.preprocessor)
            x = self.input_tensors(self.check_inputs(x))
        elif self.preprocessor is not None and not isinstance(x, tf.data.Dataset):
            raise TypeError(
                "`x` must be a list of raw inputs, or a `tf.data.Dataset` of batches of them, got "
                f"{shown(x)}."
            )
        return super().predict(x, *args, **kwargs)

    def evaluate(
        self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, **kwargs
    ):
        """As `keras.Model.evaluate`, with examples or batches as `fit` takes them."""
        if self.preprocessor is not None and not kwargs.get("_use_cached_eval_dataset"):
            if self._is_raw(x):
                size = self.size_of_batches(batch_size)
                x = self.raw_dataset(x, _given(y), sample_weight).batch(size)
                y = sample_weight = batch_size = None
            else:
                x = self._batches(x, y=y, batch_size=batch_size, sample_weight=sample_weight)
        return super().evaluate(x, y, batch_size, sample_weight, verbose=verbose, **kwargs)

    def raw_dataset(self, x, y=None, sample_weight=None):
        """A `tf.data.Dataset` of raw inputs, and of labels and weights if they are given."""
        tensors = self.raw_tensors(x, y, sample_weight)
        return tf.data.Dataset.from_tensor_slices(tensors if y is not None else tensors[0])

    def raw_tensors(self, x, y=None, sample_weight=None):
        """A tuple of the raw inputs, and of labels and weights if they are given, as tensors."""
        parts = [self.check_inputs(x)]
        if y is not None:
            if not is_rows(y):
                raise TypeError(f"`y` must be a sequence of labels, got {shown(y)}.")
            parts.append(self.check_labels(rows_of(y)))
        if sample_weight is not None:
            parts.append(_weights(sample_weight))
        _check_lengths(parts)
        self.check_pairs(*parts[:2])
        tensors = [self.input_tensors(parts[0]), *map(_as_tensor, parts[1:2])]
        return (*tensors, *(tf.constant(weights, tf.float32) for weights in parts[2:]))

    def check_ready(self, batch_size):
        """Raises an error if raw inputs cannot be answered, or not in batches of this size."""
        if self.preprocessor is None:
            raise ValueError("`preprocessor` is None: only with one are raw inputs answered.")
        check_vocabulary(self.backbone, self.preprocessor)  # another one may have been set
        check_batch_size(batch_size)

    def size_of_batches(self, batch_size):
        """The `batch_size` of Keras' verbs, 32 for `None`, where raw inputs can be answered."""
        size = 32 if batch_size is None else batch_size
        self.check_ready(size)
        return size

    def with_head(self, preprocessor, **changes):
        """The task with a new, untrained head, for other names of classes."""
        kept = ("backbone", "preprocessor", "frozen", "quantized")
        config = {name: value for name, value in self.get_config().items() if name not in kept}
        options = {**config, "dtype": self.dtype_policy, "trainable": self.trainable, **changes}
        return type(self)(self.backbone, preprocessor, **options)

    def check_inputs(self, x):
        """The raw inputs as a list, or an error; apps whose inputs are no texts override it."""
        return check_texts(x, "x", blank=True)

    def input_tensors(self, rows):
        """What `check_inputs` gave as tensors, or a dictionary of them; apps override it."""
        return _as_tensor(rows)

    def check_labels(self, y):
        """The labels as the network takes them, or an error that names the one which is wrong."""
        return y

    def class_weights(self, weights):
        """The `class_weight` of `fit`, by indices of classes."""
        raise ValueError(
            f"`class_weight` must be None for a {type(self).__name__}, got {weights!r}."
        )

    def check_pairs(self, x, y=None):
        """Raises an error that names the example whose label is not of its input."""

    def _is_raw(self, x):
        return self.preprocessor is not None and is_rows(x)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Builds metrics and loss for several replicas by the types of a batch alone.

        Keras would take the mean of the replicas' first batches, which masks have not, and then
        leave these batches out. For one it waits until the first step.
        """
        several = self.distribute_strategy.num_replicas_in_sync > 1
        if iterator is not None and (several or self.metrics_before_fit):
            self._symbolic_build(data_batch=iterator.data_adapter.get_tf_dataset().element_spec)
        else:
            super()._maybe_symbolic_build(iterator, data_batch)

    def make_train_function(self, force=False):
        """As Keras', with the optimizer's variables made before.

        TensorFlow traces a step twice in which variables are made.
        """
        if self.optimizer is not None and not self.optimizer.built:
            with self.distribute_strategy.scope():
                self.optimizer.build(self.trainable_variables)
        return super().make_train_function(force)

    def compile(self, *args, jit_compile="auto", **kwargs):
        """As `keras.Model.compile`.

        `"auto"` leaves XLA out on TensorFlow where batches differ in length: it would compile the
        network anew for every length.
        """
        static = getattr(self.preprocessor, "pad_to_length", False)
        if jit_compile == "auto" and keras.backend.backend() == "tensorflow" and not static:
            jit_compile = False
        super().compile(*args, jit_compile=jit_compile, **kwargs)

    def export(self, filepath, format="tf_saved_model", **kwargs):
        """Exports what answers raw strings, without the Python of this package.

        Args:
            filepath: The folder of the SavedModel.
            format: `"tf_saved_model"`; other formats are Keras' own, and take ids.
            **kwargs: As `keras.Model.export`, for other formats.

        Raises:
            ValueError: If the task has no preprocessor, or Keras runs on another backend than
                TensorFlow.

        See `apps.export` for the signature, and for how to call it.
        """
        if format != "tf_saved_model":
            return super().export(filepath, format=format, **kwargs)
        export_saved_model(self, filepath)

    def save(self, *args, **kwargs):
        """As `keras.Model.save`: a `.keras` file with network, vocabulary and optimizer."""
        if self.optimizer is not None and not self.optimizer.built:
            # Else Keras warns on loading that the file has no state for it.
            self.optimizer.build(self.trainable_variables)
        super().save(*args, **kwargs)

    def compile_from_config(self, config):
        """Compiles as the model that was saved to a `.keras` file; see `keras.Model`."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def quantize(self, mode=None, **kwargs):
        """As `keras.Model.quantize`: embeddings and dense layers are kept in 8 bits, for one.

        A preset of the task, and a `.keras` file, are read back as they are, quantized. The
        recurrent layers stay as they are.

        Args:
            mode: `"int8"`, or another that Keras has.
            **kwargs: As Keras'.
        """
        with warnings.catch_warnings():  # there is one for each layer that stays as it is
            warnings.filterwarnings("ignore", "Layer .* does not have a `quantize`", UserWarning)
            super().quantize(mode, **kwargs)
        self.forget_networks()

    def forget_networks(self):
        """Forgets compiled networks that Keras does not know of; apps with such override it."""

    def get_config(self):
        heads = {layer.name: layer.quantization_mode for layer in self.layers_with_flags()}
        quantized = {name: mode for name, mode in heads.items() if mode is not None}
        return {**super().get_config(), **({"quantized": quantized} if quantized else {})}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        quantized = config.pop("quantized", {})
        task = super().from_config(config)
        for name, mode in quantized.items():  # the backbone's layers are in its own configuration
            task.get_layer(name).quantize(mode)
        return task

    def save_to_preset(self, preset_dir, max_shard_size=10, *, weights_dtype="float32"):
        """Saves configuration, weights, tokenizer and vocabulary into a folder.

        The folder is written beside its place and moved there when it is
        complete; what lay there before is replaced.

        Args:
            preset_dir: The folder.
            max_shard_size: As KerasHub's, in gigabytes.
            weights_dtype: `"float32"`, or `"float16"` for files of half the size.

        Raises:
            ValueError: If `weights_dtype` is another, or `preset_dir` is a file.
        """
        if weights_dtype not in ("float32", "float16"):
            raise ValueError(
                f"`weights_dtype` must be 'float32' or 'float16', got {weights_dtype!r}."
            )
        with preset_files.written_whole(preset_dir) as scratch:
            super().save_to_preset(str(scratch), max_shard_size)
            if weights_dtype == "float16":
                for file in scratch.glob("*.weights.h5"):
                    preset_weights.shrink_weights(file)

    def save_task_weights(self, filepath):
        """Saves the weights that are not the backbone's, without the optimizer."""
        keras.saving.save_weights(self, filepath, objects_to_skip=self._not_head())

    def load_task_weights(self, filepath):
        """Loads the weights that are not the backbone's."""
        with preset_weights.clear_weight_errors(filepath):
            keras.saving.load_weights(self, filepath, objects_to_skip=self._not_head())

    def _not_head(self):
        skipped = list(self.backbone._flatten_layers())
        return [*skipped, self.optimizer] if self.optimizer else skipped


def _check_class(cls, preset, folder):
    """Raises `ValueError` for a preset of another app."""
    if "://" in folder:
        return
    if not (pathlib.Path(folder) / preset_files.TASK).is_file():
        found = get_preset_loader(folder).check_backbone_class()
        wanted = getattr(cls, "backbone_cls", None) or keras.Model
        if not issubclass(found, wanted):
            raise ValueError(
                f"`preset` must have a {wanted.__name__}, got {preset!r}, which has a "
                f"{found.__name__}."
            )
        return
    found = preset_classes.app_class(folder, cls)
    if not issubclass(found, cls):
        raise ValueError(
            f"`preset` must be of a {cls.__name__}, got {preset!r}, which is of a {found.__name__}."
        )


def agreed_names(argument, names, preprocessor):
    """The names of classes, which the preprocessor has too, as its attribute `argument`."""
    if names is None and preprocessor is None:
        raise ValueError(
            f"`{argument}` must be a list of names where there is no preprocessor, got None."
        )
    if preprocessor is None:
        return checked_names(argument, names, least=1)
    if not hasattr(preprocessor, argument):
        kind = type(preprocessor).__name__
        raise TypeError(f"`preprocessor` must be one that has `{argument}`, got a {kind}.")
    known = getattr(preprocessor, argument)
    if names is not None and tuple(names) != known:
        raise ValueError(
            f"`{argument}` must be those of the preprocessor, {known}, got {tuple(names)}."
        )
    return known


def check_vocabulary(backbone, preprocessor):
    """Raises `ValueError` if the tokenizer has more or fewer ids than the backbone embeds."""
    tokenizer = getattr(preprocessor, "tokenizer", None)
    known = getattr(tokenizer, "has_vocabulary", False)
    if known and tokenizer.vocabulary_size() != backbone.vocabulary_size:
        raise ValueError(
            f"`vocabulary` of the tokenizer must have {backbone.vocabulary_size} ids as the "
            f"backbone has, got {tokenizer.vocabulary_size()}."
        )
    if tokenizer is not None:
        tokenizer.model_size = backbone.vocabulary_size  # that of any vocabulary from now on


def _weights(sample_weight):
    """A list of numbers, one for each example."""
    weights = rows_of(sample_weight) if is_rows(sample_weight) else sample_weight
    if not isinstance(weights, list) or not all(isinstance(each, Real) for each in weights):
        raise TypeError(
            f"`sample_weight` must have one number for each example, got {shown(sample_weight)}."
        )
    return weights


def _given(y):
    if y is None:
        raise ValueError("`y` must have a label for each row of `x`, got None.")
    return y


def _check_split(share):
    if isinstance(share, bool) or not isinstance(share, Real) or not 0 <= share < 1:
        raise ValueError(f"`validation_split` must be a share in [0, 1), got {share!r}.")


def _count_of_training(total, share):
    """Number of examples that Keras' `validation_split` trains on."""
    count = math.floor(total * (1 - share))
    if count in (0, total):
        raise ValueError(
            f"`validation_split` must leave examples on both sides, got {share!r} of {total}."
        )
    return count


def _as_tensor(values):
    if isinstance(values[0], (list, tuple, np.ndarray)):
        numbers = len(values[0]) and np.asarray(values[0]).dtype.kind in "biuf"
        return tf.convert_to_tensor(values) if numbers else ragged_strings(values)
    return tf.convert_to_tensor(values)


def _check_lengths(parts):
    lengths = [len(part) for part in parts]
    if len(set(lengths)) > 1:
        raise ValueError(
            "`x`, `y` and `sample_weight` must have the same number of rows, got "
            f"{', '.join(map(str, lengths))}."
        )
