"""What the metrics of tags share: their arguments, checked."""

import keras
from keras import ops


def tag_ids(y_true, y_pred, sample_weight):
    """Both as int32 tensors `(B, T)`, and a boolean one that is true for words."""
    if sample_weight is not None:
        raise ValueError(
            "`sample_weight` must be None: all words count the same. Pass the metric as one of "
            "`metrics` to `compile`, not of `weighted_metrics`."
        )
    y_true, y_pred = (ops.convert_to_tensor(ids) for ids in (y_true, y_pred))
    for name, ids in (("y_true", y_true), ("y_pred", y_pred)):
        dtype = keras.backend.standardize_dtype(ids.dtype)
        if len(ids.shape) != 2 or not keras.backend.is_int_dtype(dtype):
            raise ValueError(
                f"`{name}` must be integer tag ids of the shape (batch, time), "
                f"got {dtype} of the shape {tuple(ids.shape)}."
            )
    if any(None not in sizes and len(set(sizes)) > 1 for sizes in zip(y_true.shape, y_pred.shape)):
        raise ValueError(
            "`y_pred` must have the shape of `y_true`, "
            f"{tuple(y_true.shape)}, got {tuple(y_pred.shape)}."
        )
    y_true, y_pred = ops.cast(y_true, "int32"), ops.cast(y_pred, "int32")
    return y_true, y_pred, y_true >= 0
