"""The stages of a training run: a language model, then the task."""

import contextlib
import csv
import dataclasses
import functools
import math
import pathlib
import time

import keras

from apps import datasets, registry
from apps.training.building import texts_of
from apps.training.checkpoint import Checkpoint, forget_epochs, seeds
from apps.training.pretraining import BidirectionalLanguageModel, windows
from zoo.whole_files import write_whole

_CHECKPOINT_STEPS = 200
_WINDOWS = 50_000  # shuffled at a time


class Clock:
    """Seconds of a run, over kills."""

    def __init__(self, run_dir):
        self.file = run_dir / "seconds.txt"
        self.before = float(self.file.read_text()) if self.file.exists() else 0.0
        self.start = time.monotonic()

    def seconds(self):
        return self.before + time.monotonic() - self.start

    def save(self):
        write_whole(self.file, f"{self.seconds():.1f}\n")


@dataclasses.dataclass(frozen=True)
class Run:
    """Where a training run keeps its files, and where it finds the corpora.

    Attributes:
        folder: Folder of the run.
        data_dir: Folder with the corpora; see `apps.datasets.load`.
        verbose: As in `keras.Model.fit`.
        clock: The run's `Clock`.
        strategy: A `tf.distribute.Strategy`, or `None`. A step takes the recipe's batch size for
            each of its replicas.
        callbacks: Callbacks for each fit, besides those that keep and log it, which come first.
        epochs: Number of epochs after which to stop, whatever the recipe's; `None` for all. The
            schedule is that of all.
        fixed_shapes: Whether all batches have one shape, as a TPU needs it.
    """

    folder: pathlib.Path
    data_dir: str | None
    verbose: str | int
    clock: Clock
    strategy: object = None
    callbacks: tuple = ()
    epochs: int | None = None
    fixed_shapes: bool = False
    kept: dict = dataclasses.field(default_factory=dict, compare=False)  # what was read before

    @property
    def replicas(self):
        """Number of copies of the model that take part in a step."""
        return self.strategy.num_replicas_in_sync if self.strategy else 1

    def scope(self):
        """The context in which a model is made and trained."""
        return self.strategy.scope() if self.strategy else contextlib.nullcontext()

    def batches(self, examples, batch_size):
        """Examples in batches, for all replicas together."""
        batch_size *= self.replicas
        if self.fixed_shapes:
            count = int(examples.cardinality())
            if count > 0:  # not repeated: a size that leaves none out, if there is one
                sizes = range(batch_size, 0, -self.replicas)
                batch_size = next((size for size in sizes if count % size == 0), self.replicas)
            return examples.batch(batch_size, drop_remainder=True)
        return datasets.bucket_by_length(examples, batch_size)

    def fit(self, model, data, **kwargs):
        """Trains a model on a dataset of batches, with the arguments of its `fit`."""
        model.fit(data, **kwargs)

    def monitoring(self, task, held_out, batch_size):
        """What tells the figures of held-out examples: callbacks, and `validation_data`."""
        callbacks = task.monitoring(held_out, self.folder / "logs" / "fit")
        return callbacks, self.batches(held_out, batch_size)


def pretrain(recipe, task, run):
    """Trains the encoder as a language model, or takes what an earlier start of the run made."""
    encoder = task.backbone
    section, done = recipe.pretraining, run.folder / "pretrained.weights.h5"
    if not done.exists():
        states = [(seed, keras.ops.convert_to_numpy(seed)) for seed in seeds(encoder)]
        model = BidirectionalLanguageModel(
            encoder, samples=section.samples, dropout=section.dropout, seed=recipe.seed
        )
        data = windows(
            texts_of([recipe.part(name) for name in section.splits], run.data_dir),
            task.preprocessor,
            section.window,
        )
        steps = sum(1 for _ in data.batch(section.batch_size, drop_remainder=True))
        if not steps:
            raise ValueError(
                f"`pretraining.window`={section.window} times `batch_size`={section.batch_size} is "
                "more than the corpus has."
            )
        schedule = _cosine(section.learning_rate, steps * section.epochs, steps // 20)
        model.compile(keras.optimizers.Adam(schedule, global_clipnorm=1.0))
        model(next(iter(data.batch(1))))
        model.optimizer.build(model.trainable_variables)  # see `PresetTask.make_train_function`
        checkpoint = _open_checkpoint(run, "pretraining", steps)
        batches = datasets.endless(data, _WINDOWS, recipe.seed).batch(section.batch_size)
        run.fit(
            model,
            batches.skip(checkpoint.steps_done),
            steps_per_epoch=steps,
            initial_epoch=checkpoint.epoch,
            epochs=section.epochs,
            callbacks=[*_logging(run, "pretraining"), *run.callbacks, checkpoint],
            shuffle=False,
            verbose=run.verbose,
        )
        for seed, state in states:  # as if these epochs had been in another process
            seed.assign(state)
        _save_done(encoder, done)
    encoder.load_weights(done)


def fit(recipe, task, run):
    """Trains the task, or takes what an earlier start of the run made."""
    done = run.folder / "trained.weights.h5"
    if not done.exists():
        _fit_epochs(recipe, task, run)
        if run.epochs is not None and run.epochs < recipe.fit.epochs:
            return
        _save_done(task, done)
    keras.saving.load_weights(task, done, objects_to_skip=[task.optimizer])


def _fit_epochs(recipe, task, run):
    section = recipe.fit
    train_part, held_out = training_data(recipe, run)
    steps = steps_of_epoch(recipe, run)
    shuffled = datasets.endless(train_part, int(train_part.cardinality()), recipe.seed)
    task.compile(_optimizer(section, steps * section.epochs, run.replicas))
    checkpoint = _open_checkpoint(run, "fit", steps)
    task.metrics_before_fit = checkpoint.steps_done > 0
    epochs = min(run.epochs or section.epochs, section.epochs)
    callbacks = [_LargestRate(steps, check_warmup(recipe, run))]
    callbacks += _logging(run, "fit")
    callbacks += task.training_callbacks(run.folder / "logs" / "fit" / "train")
    best = run.folder / "best.weights.h5"
    monitored = {}
    if held_out is not None:
        watching, monitored["validation_data"] = run.monitoring(task, held_out, section.batch_size)
        mode = registry.get(recipe.app).metric(task.monitor).direction
        monitor = {"monitor": f"val_{task.monitor}", "mode": mode}
        kept = keras.callbacks.ModelCheckpoint(
            best,
            save_best_only=True,
            save_weights_only=True,
            initial_value_threshold=_best_so_far(run, task.monitor, mode),
            **monitor,
        )
        stopping = _EarlyStopping(_epochs(run), patience=section.patience, **monitor)
        if stopping.has_stopped(task):
            epochs = checkpoint.epoch
        callbacks = [*watching, kept, *callbacks, stopping]
    run.fit(
        task,
        run.batches(shuffled, section.batch_size).skip(checkpoint.steps_done),
        steps_per_epoch=steps,
        initial_epoch=checkpoint.epoch,
        epochs=epochs,
        callbacks=[*callbacks, *run.callbacks, checkpoint],
        verbose=run.verbose,
        **monitored,
    )
    if held_out is not None:
        task.load_weights(best)


def training_data(recipe, run):
    """The examples to train on, and those that tell when to stop, or `None`."""
    if "training_data" not in run.kept:
        run.kept["training_data"] = _training_data(recipe, run)
    return run.kept["training_data"]


def steps_of_epoch(recipe, run):
    """Number of steps in which all training examples are seen."""
    count = int(training_data(recipe, run)[0].cardinality())
    return math.ceil(count / (recipe.fit.batch_size * run.replicas))


def check_warmup(recipe, run):
    """Number of steps of the warm-up; `ValueError` for more than a tenth of all."""
    return _warmup_steps(recipe.fit, steps_of_epoch(recipe, run) * recipe.fit.epochs)


def _training_data(recipe, run):
    section = recipe.data
    more = recipe.more_data()
    corpora = [(section.name, section.options), *((name, {}) for name, _ in more)]
    held_out = None
    if section.holdout:
        held_out, parts = datasets.hold_out(section.holdout, corpora, run.data_dir)
        if not len(parts[0]):
            raise ValueError(f"`data.holdout`={section.holdout} leaves no example to train on.")
    else:
        parts = [
            datasets.load(name, "train", data_dir=run.data_dir, **options)
            for name, options in corpora
        ]
    examples, *others = parts
    for (_, changed), other in zip(more, others):
        examples = examples.concatenate(changed(other))
    return examples.cache(), held_out


def _save_done(model, file):
    """Saves weights, without the optimizer; the file is there only when it is complete."""
    unfinished = file.with_name(f"unfinished.{file.name}")
    optimizer = getattr(model, "optimizer", None)
    keras.saving.save_weights(model, unfinished, objects_to_skip=[optimizer])
    unfinished.rename(file)


def _open_checkpoint(run, stage, steps):
    """The checkpoint of a stage, whose logs have no more than the epochs that are done in it."""
    checkpoint = Checkpoint(run.folder / f"{stage}.npz", steps, _CHECKPOINT_STEPS)
    forget_epochs(run.folder / f"{stage}.csv", run.folder / "logs" / stage, checkpoint.epoch)
    return checkpoint


def _logging(run, stage):
    """Progress in TensorBoard and CSV."""
    return [
        _TensorBoard(run.folder / "logs" / stage, update_freq="epoch"),
        keras.callbacks.CSVLogger(run.folder / f"{stage}.csv", append=True),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: run.clock.save()),
    ]


class _TensorBoard(keras.callbacks.TensorBoard):
    """Keras', whose points are in the file when an epoch has ended."""

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        for writer in self._writers.values():
            writer.flush()


class _LargestRate(keras.callbacks.Callback):
    """Adds the largest learning rate of an epoch to its logs."""

    def __init__(self, steps_per_epoch, warmup_steps):
        super().__init__()
        self.steps_per_epoch, self.warmup_steps = steps_per_epoch, warmup_steps

    def on_epoch_end(self, epoch, logs):
        first = epoch * self.steps_per_epoch
        last = first + self.steps_per_epoch - 1
        rates = self.model.optimizer._learning_rate
        logs["learning_rate"] = float(rates(min(max(first, self.warmup_steps), last)))


class _EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras', whose patience goes on from the epochs before a kill."""

    def __init__(self, epochs, **kwargs):
        super().__init__(**kwargs)
        self.epochs = epochs

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        for row in self.epochs:
            self.on_epoch_end(row["epoch"], row)

    def has_stopped(self, model):
        """Whether these epochs are all that patience allows."""
        model.stop_training = False
        self.set_model(model)
        self.on_train_begin()
        return model.stop_training


def _epochs(run):
    """The logs of the epochs so far, numbers by their names."""
    log = run.folder / "fit.csv"
    if not log.exists():
        return []
    with log.open(encoding="utf-8", newline="") as file:
        return [
            {name: float(value) for name, value in row.items() if value != "NA"}
            for row in csv.DictReader(file)
        ]


def best_epoch(run, monitor, mode):
    """The logs of the epoch whose weights are kept, or of the last without `data.holdout`.

    Numbers by their names, such as `val_accuracy`; `None` before the first epoch.
    """
    key, sign = f"val_{monitor}", 1 if mode == "max" else -1

    def merit(row):
        return sign * row[key] if key in row else row["epoch"]

    return max(_epochs(run), key=merit, default=None)


def largest_rate(run):
    """The largest learning rate of the epochs so far, `None` before the first."""
    return max((row["learning_rate"] for row in _epochs(run)), default=None)


def _best_so_far(run, monitor, mode):
    """The best figure on the held-out part in the epochs before a kill, `None` before any."""
    best = best_epoch(run, monitor, mode) if (run.folder / "best.weights.h5").exists() else None
    return best and best[f"val_{monitor}"]


def _optimizer(section, steps, replicas=1):
    betas = {"beta_1": section.beta_1, "beta_2": section.beta_2}
    kinds = {
        "adam": functools.partial(keras.optimizers.Adam, **betas),
        "adamw": functools.partial(keras.optimizers.AdamW, **betas),
        "nadam": functools.partial(keras.optimizers.Nadam, **betas),
        "sgd": lambda rate, **kwargs: keras.optimizers.SGD(rate, 0.9, nesterov=True, **kwargs),
        "rmsprop": keras.optimizers.RMSprop,
    }
    floor = 1.0 if section.schedule == "constant" else 0.0
    schedule = _cosine(section.learning_rate, steps, _warmup_steps(section, steps), floor)
    # Keras clips what each replica adds to the gradient.
    clipnorm = section.clipnorm and section.clipnorm / replicas
    return kinds[section.optimizer](
        schedule, weight_decay=section.weight_decay, global_clipnorm=clipnorm
    )


def _warmup_steps(section, steps):
    longest = steps // 10
    if section.warmup_steps is None:
        return min(100, longest)
    if section.warmup_steps > longest:
        raise ValueError(
            f"`fit.warmup_steps` must be at most {longest}, a tenth of the {steps} steps of this "
            f"training, got {section.warmup_steps}. Leave it out for a tenth, or 100 if that is "
            "less."
        )
    return section.warmup_steps


def _cosine(peak, steps, warmup_steps, floor=0.0):
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup_steps, floor, warmup_target=peak, warmup_steps=warmup_steps
    )
