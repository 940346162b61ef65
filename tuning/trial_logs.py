"""What TensorBoard's HParams plugin reads of a search, and what is read back from it.

Each trial is a session of the plugin in the run `trials/trial_ID/run/logs/fit`, beside the curves
of its training. Its table and its view of parallel coordinates show all trials of the folder.
"""

import pathlib

import keras_tuner
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import api, api_pb2, plugin_data_pb2, summary

RESULTS = ("objective", "standard_error", "learning_rate", "minutes", "parameters", "epoch")
_KINDS = keras_tuner.engine.hyperparameters
_SESSION = "_hparams_/session_start_info"  # the plugin's name for the values of a trial


def log_space(directory, hyperparameters, objective):
    """Writes what is searched, and by which figures trials are compared, the objective first."""
    columns = [
        api.HParam(each.name, _domain(each), display_name=each.name)
        for each in hyperparameters.space
        if not isinstance(each, _KINDS.Fixed)
    ]
    names = {"objective": objective}
    metrics = [api.Metric(name, display_name=names.get(name, name)) for name in RESULTS]
    with _writer(directory).as_default():
        api.hparams_config(columns, metrics)


def log_values(folder, trial):
    """Writes the values of a trial, before it runs."""
    values = {
        name: value
        for name, value in trial.hyperparameters.values.items()
        if not name.startswith("tuner/")
    }
    with _writer(_logs(folder)).as_default():
        api.hparams(values, trial_id=trial.trial_id)


def log_result(folder, result):
    """Writes the figures of a trial that ended well."""
    with _writer(_logs(folder)).as_default():
        for name in RESULTS:
            if result[name] is not None:
                tf.summary.scalar(name, result[name], step=0)
    _log_end(folder, api_pb2.STATUS_SUCCESS)


def log_failure(folder):
    """Writes that a trial did not end well."""
    _log_end(folder, api_pb2.STATUS_FAILURE)


def _log_end(folder, status):
    with _writer(_logs(folder)).as_default():
        end = summary.session_end_pb(status)
        tf.summary.experimental.write_raw_pb(end.SerializeToString(), step=0)


def read_log(folder):
    """The values and the figures of a trial, from its TensorBoard log.

    Returns:
        Two dictionaries by name, the first empty if the trial has not begun, the second if it did
        not end well.
    """
    if not _logs(folder).is_dir():
        return {}, {}
    events = EventAccumulator(str(_logs(folder)), size_guidance={"tensors": 0}).Reload()
    tags = events.Tags()["tensors"]
    figures = {
        name: float(tf.make_ndarray(events.Tensors(name)[-1].tensor_proto))
        for name in RESULTS
        if name in tags
    }
    if _SESSION not in events.summary_metadata:
        return {}, {}
    content = events.SummaryMetadata(_SESSION).plugin_data.content
    start = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
    values = {name: _value(each) for name, each in start.hparams.items()}
    return values, figures


def _value(each):
    """A value of the plugin, which keeps all numbers as floats."""
    value = getattr(each, each.WhichOneof("kind"))
    return int(value) if isinstance(value, float) and value >= 1 and value.is_integer() else value


def _domain(each):
    if isinstance(each, _KINDS.Boolean):
        return api.Discrete([False, True])
    if isinstance(each, _KINDS.Choice):
        return api.Discrete(each.values)
    if isinstance(each, _KINDS.Int):
        return api.IntInterval(each.min_value, each.max_value)
    return api.RealInterval(float(each.min_value), float(each.max_value))


def _logs(folder):
    return pathlib.Path(folder) / "run" / "logs" / "fit"


def _writer(folder):
    return tf.summary.create_file_writer(str(folder), filename_suffix=".hparams")
