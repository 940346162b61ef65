"""What a search has found so far."""

import dataclasses
import pathlib
import statistics

from tuning.objectives import direction, standard_error
from tuning.plan import read_plan
from tuning.trial_logs import read_log
from zoo import preset_files

TRIALS = "trials"  # the folder of the trials in that of a search
PARTS = "parts.json"  # the figures of a trial on parts of the held-out examples
_STATUS = {"COMPLETED": "done", "FAILED": "failed"}


@dataclasses.dataclass(frozen=True)
class TrialSummary:
    """A trial of a search.

    Attributes:
        trial_id: Its number, as a string.
        status: `"done"`, `"failed"` or `"unfinished"`.
        values: Its values by hyper-parameter.
        objective: The figure on the held-out examples, `None` if it is not done.
        standard_error: That of the figure, see `tuning.objectives.standard_error`; `None` if it is
            not known.
        parts: The figure on each of up to ten parts of the held-out examples, the same parts for
            all trials.
        learning_rate: The largest one that ran: that of `values`, unless the trial has ended within
            its warm-up.
        minutes: Minutes of training, over kills.
        parameters: Number of weights.
        epoch: The epoch whose weights are kept, from 1.
        reason: What it failed by, else empty.
    """

    trial_id: str
    status: str
    values: dict
    objective: float | None = None
    standard_error: float | None = None
    parts: tuple = ()
    learning_rate: float | None = None
    minutes: float | None = None
    parameters: int | None = None
    epoch: int | None = None
    reason: str = ""


def read_trials(directory):
    """The trials of a search, the best first, then those that are not done.

    Values and figures are read back from the TensorBoard logs of the trials.

    Args:
        directory: Folder of the search.

    Returns:
        List of `TrialSummary`.

    Raises:
        FileNotFoundError: If there is no search in `directory`.
    """
    plan = read_plan(directory)
    files = sorted(pathlib.Path(directory, TRIALS).glob("trial_*/trial.json"))
    trials = [read_trial(file.parent) for file in files]
    sign = -1 if direction(plan.app, plan.objective) == "max" else 1
    done = [trial for trial in trials if trial.status == "done"]
    others = [trial for trial in trials if trial.status != "done"]
    return sorted(done, key=lambda trial: sign * trial.objective) + others


def are_alike(one, other):
    """Whether two trials cannot be told apart: the figures of both on the same parts of the
    held-out examples differ by less than two standard errors of the difference; `None` if that is
    not known.
    """
    if not one.parts or len(one.parts) != len(other.parts):
        return None
    differences = [left - right for left, right in zip(one.parts, other.parts)]
    error = standard_error(differences)
    return None if error is None else abs(statistics.fmean(differences)) <= 2 * error


def remark(trials):
    """A sentence on the trials of `read_trials`, if the best two cannot be told apart."""
    done = [trial for trial in trials if trial.status == "done"]
    if len(done) < 2 or not are_alike(*done[:2]):
        return ""
    return (
        f"Trials {done[0].trial_id} and {done[1].trial_id} cannot be told apart: their figures "
        "differ by less than two standard errors. More examples in `data.holdout` tell more."
    )


def trials_table(trials, objective):
    """Trials as a `rich.table.Table`, with the `remark` on them.

    Figures have their standard errors; values that are the same in all stand in the title.
    """
    from rich.table import Table

    names = sorted({name for trial in trials for name in trial.values})
    differ = [name for name in names if len({str(trial.values.get(name)) for trial in trials}) > 1]
    same = [f"{name}={_show(trials[0].values[name])}" for name in names if name not in differ]
    table = Table(
        *("trial", objective, "rate", "minutes", "weights", "epoch", "values"),
        title=" ".join(same) or None,
        caption=remark(trials) or None,
    )
    for trial in trials:
        figures = [trial.learning_rate, trial.minutes, trial.parameters, trial.epoch]
        values = [f"{name}={_show(trial.values[name])}" for name in differ if name in trial.values]
        note = {"done": "", "unfinished": "unfinished. "}.get(trial.status)
        note = f"failed: {trial.reason}. " if note is None else note
        table.add_row(
            trial.trial_id, show_figure(trial), *map(_show, figures), note + " ".join(values)
        )
    return table


def read_trial(folder):
    """The `TrialSummary` of the trial in a folder."""
    trial = preset_files.read_json(folder / "trial.json")
    values, figures = read_log(folder)
    failed = folder / "failed.txt"
    status = _STATUS.get(trial["status"], "unfinished")
    figures = {
        name: round(value) if name in ("parameters", "epoch") else value
        for name, value in figures.items()
    }
    # TensorBoard's numbers have seven digits, and come late over a network.
    if status == "done":
        (parts,) = preset_files.read_json_if_there(folder / PARTS).values() or [()]
        figures = {**figures, "objective": trial["score"], "parts": tuple(parts)}
    else:
        figures = {}
    return TrialSummary(
        trial_id=folder.name.removeprefix("trial_"),
        status=status,
        values=values,
        reason=failed.read_text("utf-8").strip() if status == "failed" and failed.exists() else "",
        **figures,
    )


def show_figure(trial):
    """The figure of a trial with its standard error, as a string."""
    if trial.standard_error is None:
        return _show(trial.objective)
    return f"{_show(trial.objective)} ± {trial.standard_error:.2g}"


def _show(value):
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
