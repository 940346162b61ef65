"""From a recipe to a preset, and from a preset to its figures."""

import csv
import json
import math
import pathlib
import time

import keras

from apps import datasets
from apps.building import build_task, texts_of
from apps.callbacks import EmbeddingProjector
from apps.card import write_card
from apps.measuring import describe_machine, peak_memory_gigabytes
from apps.pretraining import BidirectionalLanguageModel, windows
from apps.recipe import Recipe, read_recipe
from zoo import preset_files
from zoo.presets import load, locate

_BACKUP_STEPS = 200


def train(recipe, preset_dir=None, *, run_dir=None, data_dir=None, verbose="auto"):
    """Trains a preset from its recipe.

    All that a run needs to go on after a kill lies in `run_dir`: call `train`
    again with the same arguments; an epoch that was cut short begins anew, with
    the weights of the last checkpoint. TensorBoard reads `run_dir/logs`. The preset
    folder is written whole, at the end, or not at all.

    Args:
        recipe: A `Recipe`, a dictionary or the path of a JSON file.
        preset_dir: Folder of the preset; default `saved_models/NAME`.
        run_dir: Folder of the run; default `runs/NAME`.
        data_dir: Folder with the corpora; see `apps.datasets.load`.
        verbose: As in `keras.Model.fit`.

    Returns:
        The figures, as `metrics.json` has them.

    Raises:
        ValueError: If the recipe is wrong, or `run_dir` has a run of another recipe.
        FileNotFoundError: If a file of the corpus is missing.

    Example:
        >>> train("saved_models/sentiment_sst2/recipe.json", data_dir="corpora")  # doctest: +SKIP
    """
    recipe = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    run_dir = pathlib.Path(run_dir or f"runs/{recipe.name}")
    preset_dir = pathlib.Path(preset_dir or f"saved_models/{recipe.name}")
    preset_files.check_target(preset_dir)
    _open_run(recipe, run_dir)
    clock, machine = _Clock(run_dir), describe_machine()
    keras.utils.set_random_seed(recipe.seed)

    task = build_task(recipe, run_dir, data_dir)
    if recipe.pretraining:
        _pretrain(recipe, task, run_dir, data_dir, clock, verbose)
    _fit(recipe, task, run_dir, data_dir, clock, verbose)

    with preset_files.written_whole(preset_dir) as scratch:
        task.save_to_preset(scratch, weights_dtype="float16")
        recipe_json = json.dumps(recipe.model_dump(mode="json"), indent=2)
        (scratch / preset_files.RECIPE).write_text(recipe_json + "\n", "utf-8")
        figures = evaluate(str(scratch), "validation", data_dir=data_dir)
        metrics = _metrics(recipe, task, figures, clock, machine, scratch)
        (scratch / preset_files.METRICS).write_text(json.dumps(metrics, indent=2) + "\n", "utf-8")
        write_card(recipe, metrics, scratch / preset_files.CARD)
    return metrics


def evaluate(preset, split="validation", *, data_dir=None, batch_size=64):
    """Measures a preset on a part of its corpus, from raw text.

    Args:
        preset: Name or folder of a preset that was made from a recipe.
        split: A split of its corpus, such as `"validation"` or `"test"`.
        data_dir: Folder with the corpora; see `apps.datasets.load`.
        batch_size: Number of texts that go through the network at once.

    Returns:
        Dictionary of `accuracy`, `loss` (nats per text), `examples` and `seconds`.

    Raises:
        FileNotFoundError: If the preset has no recipe, or a file of the corpus is missing.
        ValueError: If preset or split are unknown.
    """
    folder = locate(preset)
    recipe = read_recipe(preset_files.find_file(folder, preset_files.RECIPE))
    task = load(folder)
    examples = datasets.load(recipe.data.name, split, data_dir=data_dir)
    start = time.perf_counter()
    figures = task.evaluate(
        datasets.bucket_by_length(examples, batch_size), return_dict=True, verbose=0
    )
    seconds = time.perf_counter() - start
    count = int(examples.cardinality())
    return {**figures, "examples": count, "seconds": round(seconds, 1)}


def _open_run(recipe, run_dir):
    """Makes the folder of a run, or opens the one that a kill has left."""
    run_dir.mkdir(parents=True, exist_ok=True)
    file = run_dir / preset_files.RECIPE
    if not file.exists():
        preset_files.write_whole(file, json.dumps(recipe.model_dump(mode="json"), indent=2))
    elif read_recipe(file) != recipe:
        raise ValueError(
            f"`run_dir` {run_dir} has a run of another recipe. Give another folder, or remove it."
        )


def _pretrain(recipe, task, run_dir, data_dir, clock, verbose):
    encoder = task.backbone
    section, done = recipe.pretraining, run_dir / "pretrained.weights.h5"
    if not done.exists():
        model = BidirectionalLanguageModel(
            encoder, samples=section.samples, dropout=section.dropout, seed=recipe.seed
        )
        data = windows(
            texts_of([recipe.part(name) for name in section.splits], data_dir),
            task.preprocessor,
            section.window,
            seed=recipe.seed,
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
        model.fit(
            data.repeat().batch(section.batch_size),
            steps_per_epoch=steps,
            epochs=section.epochs,
            callbacks=_callbacks(run_dir, "pretraining", clock, steps),
            shuffle=False,
            verbose=verbose,
        )
        _save_done(encoder, done)
    encoder.load_weights(done)


def _fit(recipe, task, run_dir, data_dir, clock, verbose):
    done = run_dir / "trained.weights.h5"
    if not done.exists():
        _fit_epochs(recipe, task, run_dir, data_dir, clock, verbose)
        _save_done(task, done)
    keras.saving.load_weights(task, done, objects_to_skip=[task.optimizer])


def _fit_epochs(recipe, task, run_dir, data_dir, clock, verbose):
    section = recipe.fit
    train_part = datasets.load(recipe.data.name, "train", data_dir=data_dir, **recipe.data.options)
    held_out = train_part.take(recipe.data.holdout)
    train_part = train_part.skip(recipe.data.holdout).cache()
    count = int(train_part.cardinality())
    if count < 1:
        raise ValueError(f"`data.holdout`={recipe.data.holdout} leaves no example to train on.")
    steps = math.ceil(count / section.batch_size)
    shuffled = train_part.shuffle(count, seed=recipe.seed).repeat()
    task.compile(_optimizer(section, steps * section.epochs))
    callbacks = _callbacks(run_dir, "fit", clock, steps)
    callbacks.append(EmbeddingProjector(run_dir / "logs" / "fit" / "train"))
    best = run_dir / "best.weights.h5"
    monitored = {}
    if recipe.data.holdout:
        monitored["validation_data"] = datasets.bucket_by_length(held_out, section.batch_size)
        # The best weights are kept before the epoch counts as done, so that no kill loses them.
        callbacks = [
            keras.callbacks.ModelCheckpoint(
                best,
                monitor="val_accuracy",
                mode="max",
                save_best_only=True,
                save_weights_only=True,
                initial_value_threshold=_best_so_far(run_dir),
            ),
            *callbacks,
            keras.callbacks.EarlyStopping("val_accuracy", patience=section.patience, mode="max"),
        ]
    task.fit(
        datasets.bucket_by_length(shuffled, section.batch_size),
        steps_per_epoch=steps,
        epochs=section.epochs,
        callbacks=callbacks,
        verbose=verbose,
        **monitored,
    )
    if recipe.data.holdout:
        task.load_weights(best)


def _save_done(model, file):
    """Saves weights, without the optimizer; the file is there only when it is complete."""
    unfinished = file.with_name(f"unfinished.{file.name}")
    optimizer = getattr(model, "optimizer", None)
    keras.saving.save_weights(model, unfinished, objects_to_skip=[optimizer])
    unfinished.rename(file)


def _callbacks(run_dir, stage, clock, steps):
    """Progress in TensorBoard and CSV, and a checkpoint to go on from after a kill."""
    return [
        _Backup(
            run_dir / stage,
            min(_BACKUP_STEPS, steps),
            double_checkpoint=True,
            delete_checkpoint=False,
        ),
        # Keras drops an epoch's point where its step is no multiple of a number given here.
        keras.callbacks.TensorBoard(run_dir / "logs" / stage, update_freq="epoch"),
        keras.callbacks.CSVLogger(run_dir / f"{stage}.csv", append=True),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: clock.save()),
    ]


def _best_so_far(run_dir):
    """The best accuracy on the held-out part in the epochs before a kill, `None` before any."""
    log = run_dir / "fit.csv"
    if not (log.exists() and (run_dir / "best.weights.h5").exists()):
        return None
    with log.open(encoding="utf-8", newline="") as file:
        return max((float(row["val_accuracy"]) for row in csv.DictReader(file)), default=None)


def _optimizer(section, steps):
    kinds = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "sgd": lambda rate, **kwargs: keras.optimizers.SGD(rate, 0.9, nesterov=True, **kwargs),
        "rmsprop": keras.optimizers.RMSprop,
    }
    floor = 1.0 if section.schedule == "constant" else 0.0
    schedule = _cosine(section.learning_rate, steps, section.warmup_steps, floor)
    return kinds[section.optimizer](
        schedule, weight_decay=section.weight_decay, global_clipnorm=section.clipnorm
    )


def _cosine(peak, steps, warmup_steps, floor=0.0):
    return keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warmup_steps), floor, warmup_target=peak, warmup_steps=warmup_steps
    )


def _metrics(recipe, task, figures, clock, machine, folder):
    corpus = datasets.info(recipe.data.name)
    files = sorted(file for file in folder.rglob("*") if file.suffix in (".h5", ".txt"))
    return {
        "task": recipe.app,
        "description": recipe.description,
        "data": f"{recipe.data.name} (licence: {corpus.licence})",
        "licence": recipe.licence,
        "parameters": task.count_params(),
        "metrics": {
            "validation_accuracy": round(figures["accuracy"], 4),
            "validation_loss": round(figures["loss"], 4),
            "validation_examples": figures["examples"],
        },
        "seed": recipe.seed,
        "training": {
            "minutes": round(clock.seconds() / 60, 1),
            "peak_memory_gigabytes": peak_memory_gigabytes(),
            **machine,
        },
        "sha256": {str(file.relative_to(folder)): preset_files.sha256(file) for file in files},
    }


class _Backup(keras.callbacks.BackupAndRestore):
    """Keras' backup every so many steps, and at the end of each epoch besides."""

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self._save_model()


class _Clock:
    """Seconds of a run, over kills."""

    def __init__(self, run_dir):
        self.file = run_dir / "seconds.txt"
        self.before = float(self.file.read_text()) if self.file.exists() else 0.0
        self.start = time.monotonic()

    def seconds(self):
        return self.before + time.monotonic() - self.start

    def save(self):
        preset_files.write_whole(self.file, f"{self.seconds():.1f}\n")
