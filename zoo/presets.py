"""Pretrained models by name: which there are, where they lie, how to load one."""

import dataclasses
import difflib
import os
import pathlib
import warnings

from zoo import preset_files
from zoo.whole_files import recover

_PACKAGE = pathlib.Path(__file__).resolve().parent
# An installed wheel carries the presets inside the package, a checkout beside it.
_FOLDERS = [_PACKAGE / "saved_models", _PACKAGE.parent / "saved_models"]


@dataclasses.dataclass(frozen=True)
class PresetInfo:
    """What is known of a bundled preset.

    Attributes:
        name: Name to load it by.
        task: What it does, such as `"sentiment"`.
        description: One sentence.
        parameters: Number of weights.
        megabytes: Size of its folder, in units of 10^6 bytes.
        metrics: Figures measured on parts of `data`: name, which begins with the part, to value.
        monitor: Name of the figure that counts.
        data: What it was trained on.
        licence: Terms of the weights and of the data.
        path: Its folder.
    """

    name: str
    task: str
    description: str
    parameters: int
    megabytes: float
    metrics: dict
    monitor: str
    data: str
    licence: str
    path: str

    @property
    def figure(self):
        """The figure that counts, such as `"accuracy 90.60%"`; empty if there is none."""
        if not self.monitor:
            return ""
        part, _, name = self.monitor.partition("_")
        of = "" if part == "validation" else f" ({part})"
        return f"{name} {show_figure(name, self.metrics[self.monitor])}{of}"


def show_figure(name, value):
    """A figure as text: counts and scores from 0 to 100 as they are, shares in percent.

    Example:
        >>> show_figure("accuracy", 0.906), show_figure("bleu", 36.25)
        ('90.60%', '36.2')
    """
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.1f}" if name.startswith(("bleu", "chrf")) else f"{value:.2%}"


def list_presets(task=None):
    """The bundled presets, sorted by name.

    Args:
        task: Only presets of this task, such as `"sentiment"`; all if `None`.

    Returns:
        List of `PresetInfo`.

    Raises:
        ValueError: If no preset is of this task; the message names the tasks that there are.

    Example:
        >>> [preset.name for preset in list_presets(task="sentiment")]
        ['sentiment_imdb', 'sentiment_sst2']
    """
    presets = [_describe(name, path) for name, path in sorted(_bundled().items())]
    if task is None:
        return presets
    chosen = [preset for preset in presets if preset.task == task]
    if not chosen:
        tasks = sorted({preset.task for preset in presets})
        raise ValueError(f"`task` must be one of {tasks}, got {task!r}.")
    return chosen


def describe(preset):
    """The `PresetInfo` of a preset, by name or folder, that was made by training a recipe."""
    path = pathlib.Path(locate(preset))
    return _describe(path.name, path)


def load(preset, **kwargs):
    """Loads a pretrained app.

    Args:
        preset: Name of a bundled preset, a preset folder, or a handle such as
            `"hf://user/model"`.
        **kwargs: Passed on to the app's `from_preset`, such as `dtype`.

    Returns:
        An app (`apps.SentimentClassifier`, ...), with its preprocessor.

    Raises:
        ValueError: If there is no such preset; the message names the nearest ones.
        FileNotFoundError: If a file of the preset is missing.

    Example:
        >>> zoo.load("sentiment_imdb").classify(["What a film!"])[0].label
        'positive'
    """
    from zoo import quiet_keras_hub  # noqa: F401
    from zoo.preset_classes import app_class  # here, since it loads Keras

    folder = locate(preset)
    return app_class(folder).from_preset(folder, **kwargs)


def locate(preset):
    """The folder of a preset.

    Args:
        preset: A handle (`hf://...`), which is returned as it came; the name of a bundled preset; a
            folder; or the name of a folder in `saved_models` of the working directory. A path, with
            a separator or as a `pathlib.Path`, is never the name of a bundled preset if there is
            such a folder.
    """
    if isinstance(preset, pathlib.Path):
        preset = os.path.join(os.curdir, preset) if preset.is_dir() else str(preset)
    if not isinstance(preset, str):
        raise ValueError(
            "`preset` must be the name of a preset, a folder or a handle such as "
            f"'hf://user/model', got {preset!r}."
        )
    bundled = _bundled()
    if preset in bundled:
        _say_if_hidden(preset, bundled[preset])
        return str(bundled[preset])
    if "://" in preset:
        return preset
    for folder in (preset, os.path.join("saved_models", preset)):
        recover(folder)
        if os.path.isdir(folder):
            return folder
    near = difflib.get_close_matches(preset, bundled, n=3, cutoff=0.3)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise ValueError(
        f"`preset` is neither a folder nor the name of a preset: {preset!r}.{hint} "
        f"There are: {', '.join(sorted(bundled)) or 'none'}."
    )


def _say_if_hidden(name, bundled):
    """Warns of a folder that has the name of a bundled preset."""
    if pathlib.Path(name).is_dir() and not os.path.samefile(name, bundled):
        warnings.warn(
            f"`preset` {name!r} is the bundled preset, not the folder of this name that is here. "
            f"Write {os.path.join(os.curdir, name)!r} for the folder.",
            stacklevel=4,
        )


def _bundled():
    """Name -> folder of each bundled preset."""
    folders = [path for root in _FOLDERS if root.is_dir() for path in root.iterdir()]
    return {
        path.name: path
        for path in folders
        if (path / preset_files.CONFIG).is_file() and not path.name.startswith(".")
    }


def _describe(name, path):
    """A preset that was saved by hand, not by training a recipe, has no figures."""
    metrics = preset_files.read_json_if_there(path / preset_files.METRICS)
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return PresetInfo(
        name=name,
        task=metrics.get("task", ""),
        description=metrics.get("description", ""),
        parameters=metrics.get("parameters", 0),
        megabytes=round(size / 1e6, 1),
        metrics=metrics.get("metrics", {}),
        monitor=metrics.get("monitor", ""),
        data=metrics.get("data", ""),
        licence=metrics.get("licence", ""),
        path=str(path),
    )
