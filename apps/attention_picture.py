"""The alignment of a translation as a picture."""

import io
import math
import pathlib
from numbers import Integral

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.image import imsave

from zoo.whole_files import write_whole

_DPI = 128  # a power of two: pixels to inches and back without rounding
_CELL = 28  # pixels of a cell's side, as long as the map stays within `_LONGEST`
_LONGEST = 64 * _CELL  # pixels of the map's longer side at most
_LABEL = 14  # pixels between two labels at least
_CHARACTERS = 24  # of a label at most
_MARGIN = 8  # pixels around it all
_TOLERANCE = 0.01  # half precision may leave a weight just above one
_FONT = pathlib.Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")
_TEXT = {"font": FontProperties(fname=_FONT, size=8), "parse_math": False, "usetex": False}


def draw_attention(source_tokens, target_tokens, weights, file=None, *, head=None):
    """Draws which source tokens a translation looked at, as a heat map.

    Source tokens stand along the top, turned to be read upwards, target tokens down the left side,
    both in the order of the sequence; the brighter a cell, the larger its weight. A label runs in
    the direction of its script: Arabic from right to left, with its letters joined. Characters
    that DejaVu Sans lacks (emoji, Chinese) show as `□`, and tokens of more than 24 characters are
    cut. Up to 64 tokens a side have cells of 28 pixels; with more, the cells are smaller, and some
    of the tokens go without a label.

    Args:
        source_tokens: List of `S` strings, at least one.
        target_tokens: List of `T` strings, at least one.
        weights: Float array `(T, S)` of weights in [0, 1], or `(T, K, S)` of `K` heads.
        file: PNG file to write as well, or None. A file of that name is replaced, and only by a
            complete picture.
        head: Index of the head that is drawn; the mean of all by default.

    Returns:
        The picture, a uint8 array `(height, width, 3)` of red, green and blue.

    Raises:
        ValueError: If tokens are missing or not strings, if `weights` do not match them or are
            not in [0, 1] (NaN among them), if there is no such `head`, or if `file` does not end
            in `.png`.
        FileNotFoundError: If the folder of `file` does not exist.

    Example:
        >>> picture = draw_attention(["two", "trees"], ["zwei", "Bäume"], np.eye(2))
        >>> picture.dtype, picture.shape[-1]
        (dtype('uint8'), 3)
    """
    source = _labels("source_tokens", source_tokens)
    target = _labels("target_tokens", target_tokens)
    weights = _one_map(weights, len(target), len(source), head)  # (T, S)
    file = None if file is None else _check_file(file)
    picture = _draw(source, target, weights)
    if file is not None:
        content = io.BytesIO()
        imsave(content, picture, format="png")
        write_whole(file, content.getvalue())
    return picture


def _labels(name, tokens):
    """The tokens as they are drawn."""
    if isinstance(tokens, str) or not all(isinstance(token, str) for token in tokens):
        raise ValueError(f"`{name}` must be a list of strings, got {tokens!r}.")
    if len(tokens) == 0:
        raise ValueError(f"`{name}` must have at least one token, got none.")
    font = get_font(str(_FONT))
    short = [
        token if len(token) <= _CHARACTERS else token[: _CHARACTERS - 1] + "…" for token in tokens
    ]
    return ["".join(c if font.get_char_index(ord(c)) else "□" for c in token) for token in short]


def _one_map(weights, rows, columns, head):
    """The weights of a head, or the mean of all, as a checked array of `rows` and `columns`."""
    weights = np.asarray(weights, "float32")
    shape = weights.shape
    if weights.ndim not in (2, 3) or 0 in shape or (shape[0], shape[-1]) != (rows, columns):
        raise ValueError(
            f"`weights` must have the shape ({rows}, {columns}) or ({rows}, heads, {columns}) of "
            f"{rows} target and {columns} source tokens, got {shape}."
        )
    if not np.all((weights >= -_TOLERANCE) & (weights <= 1 + _TOLERANCE)):  # NaN is neither
        raise ValueError(
            f"`weights` must be in [0, 1], got values from {weights.min()} to {weights.max()}."
        )
    if weights.ndim == 2:
        weights = weights[:, None]  # a single head
    if head is None:
        return weights.mean(1)
    count = weights.shape[1]
    if isinstance(head, bool) or not isinstance(head, Integral) or not -count <= head < count:
        raise ValueError(f"`head` must be the index of one of {count} heads, got {head!r}.")
    return weights[:, head]


def _check_file(file):
    file = pathlib.Path(file)
    if file.suffix.lower() != ".png":
        raise ValueError(f"`file` must end in .png, got {file}.")
    if not file.parent.is_dir():
        raise FileNotFoundError(f"`file` must lie in an existing folder, got {file}.")
    return file


def _draw(source, target, weights):
    """Draws the map at its full size, then makes the room that its labels turn out to need."""
    cell = min(_CELL, _LONGEST / max(weights.shape))
    height, width = (max(1, round(cell * count)) for count in weights.shape)
    figure = Figure((width / _DPI, height / _DPI), _DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    image = axes.imshow(
        weights, "viridis", aspect="auto", interpolation="nearest", vmin=0, vmax=1, origin="upper"
    )
    _label_axes(axes, source, target, step=math.ceil(_LABEL / cell))
    _add_colour_bar(axes, image, height, width)
    box = figure.get_tightbbox(canvas.get_renderer())  # in inches, from the map's lower left corner
    left, bottom = (math.ceil(-side * _DPI) + _MARGIN for side in box.min)
    right, top = (math.ceil(side * _DPI) + _MARGIN for side in box.max)
    full = left + right, bottom + top
    figure.set_size_inches(full[0] / _DPI, full[1] / _DPI)
    axes.set_position((left / full[0], bottom / full[1], width / full[0], height / full[1]))
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3].copy()


def _label_axes(axes, source, target, step):
    axes.grid(False)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    turned = {"rotation": 90, "rotation_mode": "anchor", "ha": "left", "va": "center_baseline"}
    axes.set_xticks(range(0, len(source), step), source[::step], **turned, **_TEXT)
    axes.set_yticks(range(0, len(target), step), target[::step], **_TEXT)
    axes.set_xlabel("source", **_TEXT)
    axes.set_ylabel("target", **_TEXT)


def _add_colour_bar(axes, image, height, width):
    length = min(height, 6 * _CELL)
    place = (1 + 12 / width, 1 - length / height, 10 / width, length / height)
    bar = axes.figure.colorbar(image, axes.inset_axes(place))
    bar.ax.grid(False)
    bar.ax.tick_params(length=0)
    bar.set_ticks([0, 1], labels=["0", "1"], **_TEXT)
