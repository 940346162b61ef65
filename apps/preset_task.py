"""What all apps share: `fit` that shuffles, presets that are written whole."""

import pathlib

import keras
import numpy as np
import tensorflow as tf

from apps import datasets
from apps.export import export_saved_model
from apps.raw_text import check_texts, ragged_strings
from zoo import preset_files
from zoo.presets import FromPreset, locate


class PresetTask(FromPreset):
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

    @classmethod
    def from_preset(cls, preset, *args, **kwargs):
        """As KerasHub's; `preset` may also be the name of a bundled preset."""
        _check_class(cls, preset)
        task = super().from_preset(preset, *args, **kwargs)
        check_vocabulary(task.backbone, task.preprocessor)
        return task

    def fit(self, x=None, y=None, batch_size=None, sample_weight=None, shuffle=True, **kwargs):
        """As `keras.Model.fit`, with raw strings for `x`.

        Args:
            x: List or array of strings with `y`, or a `tf.data.Dataset` of
                batches of `(strings, labels)`.
            y: Labels, integers.
            batch_size: Number of texts in a step, 32 if `None`.
            sample_weight: A weight for each text.
            shuffle: Whether lists are shuffled; a dataset comes as it is.
            **kwargs: As `keras.Model.fit`: `validation_data`, `epochs`, `callbacks`, ...

        Returns:
            A `keras.callbacks.History`.
        """
        if self._is_raw(x) and y is not None:
            dataset = self.raw_dataset(x, y, sample_weight)
            split = kwargs.pop("validation_split", None)
            batch_size = batch_size or 32
            total = int(dataset.cardinality())
            if split:
                count = total - int(total * split)
                kwargs["validation_data"] = dataset.skip(count).batch(batch_size)
                dataset = dataset.take(count)
            if shuffle:
                dataset = dataset.shuffle(total, reshuffle_each_iteration=True)
            x, y, sample_weight = dataset.batch(batch_size), None, None
            kwargs["validation_data"] = self._raw_validation(
                kwargs.get("validation_data"), batch_size
            )
            batch_size = None
        if isinstance(x, tf.data.Dataset):
            shuffle = False  # Keras would warn that it cannot
        return super().fit(x, y, batch_size, sample_weight, shuffle=shuffle, **kwargs)

    def _raw_validation(self, data, batch_size):
        """The `validation_data` of `fit`, a dataset where it came as lists."""
        if isinstance(data, tuple) and self._is_raw(data[0]):
            return self.raw_dataset(*data).batch(batch_size)
        return data

    def predict(self, x, *args, **kwargs):
        """As `keras.Model.predict`, with raw strings for `x`."""
        if self._is_raw(x):
            x = self.input_tensors(self.check_inputs(x))
        return super().predict(x, *args, **kwargs)

    def evaluate(self, x=None, y=None, batch_size=None, sample_weight=None, **kwargs):
        """As `keras.Model.evaluate`, with raw strings for `x`."""
        if self._is_raw(x) and y is not None:
            x = self.raw_dataset(x, y, sample_weight).batch(batch_size or 32)
            y = sample_weight = batch_size = None
        return super().evaluate(x, y, batch_size, sample_weight, **kwargs)

    def raw_dataset(self, x, y=None, sample_weight=None):
        """A `tf.data.Dataset` of raw inputs, and of labels and weights if they are given."""
        parts = [self.check_inputs(x)]
        if y is not None:
            self.check_labels(y)
            parts.append(y)
        if sample_weight is not None:
            parts.append(sample_weight)
        _check_lengths(parts)
        self.check_pairs(*parts[:2])
        arrays = (self.input_tensors(parts[0]), *map(_as_tensor, parts[1:]))
        return tf.data.Dataset.from_tensor_slices(arrays if y is not None else arrays[0])

    def check_inputs(self, x):
        """The raw inputs as a list, or an error; apps whose inputs are no texts override it."""
        return check_texts(x, "x", blank=True)

    def input_tensors(self, rows):
        """What `check_inputs` gave as tensors, or a dictionary of them; apps override it."""
        return _as_tensor(rows)

    def check_labels(self, y):
        """Raises an error that names the label which the task cannot learn; apps override it."""

    def check_pairs(self, x, y=None):
        """Raises an error that names the example whose label is not of its input."""

    def _is_raw(self, x):
        return self.preprocessor is not None and isinstance(x, (list, tuple, np.ndarray))

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Builds metrics and loss for several replicas by the types of a batch alone.

        Keras would take the mean of the replicas' first batches, which masks have not, and then
        leave these batches out.
        """
        if iterator is not None and self.distribute_strategy.num_replicas_in_sync > 1:
            data_batch, iterator = iterator.data_adapter.get_tf_dataset().element_spec, None
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
                    preset_files.shrink_weights(file)

    def save_task_weights(self, filepath):
        """Saves the weights that are not the backbone's, without the optimizer."""
        keras.saving.save_weights(self, filepath, objects_to_skip=self._not_head())

    def load_task_weights(self, filepath):
        """Loads the weights that are not the backbone's."""
        with preset_files.clear_weight_errors(filepath):
            keras.saving.load_weights(self, filepath, objects_to_skip=self._not_head())

    def _not_head(self):
        skipped = list(self.backbone._flatten_layers())
        return [*skipped, self.optimizer] if self.optimizer else skipped


def _check_class(cls, preset):
    """Raises `ValueError` for a preset of another app."""
    folder = locate(preset)
    if "://" in folder or not (pathlib.Path(folder) / preset_files.TASK).is_file():
        return
    found = preset_files.app_class(folder)
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
    known = getattr(preprocessor, argument) if preprocessor is not None else tuple(names)
    if names is not None and tuple(names) != known:
        raise ValueError(
            f"`{argument}` must be those of the preprocessor, {known}, got {tuple(names)}."
        )
    return known


def check_vocabulary(backbone, preprocessor):
    """Raises `ValueError` if the tokenizer has more or fewer ids than the backbone embeds."""
    tokenizer = getattr(preprocessor, "tokenizer", None)
    if not getattr(tokenizer, "has_vocabulary", False):
        return
    if tokenizer.vocabulary_size() != backbone.vocabulary_size:
        raise ValueError(
            f"`vocabulary` of the tokenizer must have {backbone.vocabulary_size} ids as the "
            f"backbone has, got {tokenizer.vocabulary_size()}."
        )


def _as_tensor(values):
    values = list(values)
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
