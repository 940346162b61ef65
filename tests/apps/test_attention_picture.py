"""The picture of an alignment, by its pixels."""

import os

import matplotlib
import numpy as np
import pytest
from matplotlib.image import imread

from apps.attention_picture import draw_attention

ENGLISH = ["▁two", "▁trees", "▁sway"]
ARABIC = ["▁تتمايل", "▁شجرتان"]


def tokens(count):
    return ["ab"] * count


def changed(one, other):
    """The first and last row and the first and last column in which two pictures differ."""
    rows, columns = np.nonzero((one != other).any(-1))
    return np.array([[rows.min(), rows.max() + 1], [columns.min(), columns.max() + 1]])


def label_ink(token):
    """Where the label of a target token is dark: what lies left of the map, without the margin."""
    picture = draw_attention(["x"], [token], [[0.0]])
    (top, bottom), (left, _) = changed(picture, draw_attention(["x"], [token], [[1.0]]))
    label = picture[top:bottom, 26 : left - 4].min(-1) < 128  # right of the axis' name
    rows, columns = (np.nonzero(label.any(axis))[0] for axis in (1, 0))
    return label[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (7, 4), (60, 60)])
def test_the_brightest_cell_is_that_of_the_largest_weight(shape):
    rows, columns = shape
    place = row, column = rows // 2, columns - 1
    weights = np.zeros(shape)
    dark = draw_attention(tokens(columns), tokens(rows), weights)
    (top, bottom), (left, right) = changed(
        dark, draw_attention(tokens(columns), tokens(rows), weights + 1)
    )
    weights[place] = 1
    bright = draw_attention(tokens(columns), tokens(rows), weights)
    cell = (bottom - top) / rows, (right - left) / columns
    expected = [
        [top + row * cell[0], top + (row + 1) * cell[0]],
        [left + column * cell[1], left + (column + 1) * cell[1]],
    ]
    np.testing.assert_allclose(changed(dark, bright), expected, atol=2)  # the frame covers a pixel
    assert bright.astype(int).sum() > dark.astype(int).sum()


def test_a_larger_weight_is_brighter():
    pictures = [draw_attention(["a"], ["b"], [[weight]]) for weight in np.linspace(0, 1, 6)]
    lightness = [picture.astype(int).sum() for picture in pictures]
    assert lightness == sorted(set(lightness))


def test_the_mean_over_heads_is_drawn():
    heads = np.array([[[1, 0, 0], [0, 0, 1]], [[0, 1, 0], [0, 1, 0]]], "float16")  # (T, K, S)
    mean = [[0.5, 0, 0.5], [0, 1, 0]]
    picture = draw_attention(ENGLISH, ARABIC, heads)
    np.testing.assert_array_equal(picture, draw_attention(ENGLISH, ARABIC, mean))
    second = draw_attention(ENGLISH, ARABIC, heads, head=1)
    np.testing.assert_array_equal(second, draw_attention(ENGLISH, ARABIC, heads[:, 1]))
    assert np.any(second != draw_attention(ENGLISH, ARABIC, heads, head=0))
    for weights, head in ((heads, 2), (heads, "1"), (mean, 1)):
        with pytest.raises(ValueError, match="`head` must be the index of one of"):
            draw_attention(ENGLISH, ARABIC, weights, head=head)


def test_the_size_grows_with_the_tokens_and_is_bounded():
    def size(rows, columns):
        picture = draw_attention(tokens(columns), tokens(rows), np.zeros((rows, columns)))
        assert picture.dtype == np.uint8
        assert picture.shape[2] == 3
        return np.array(picture.shape[:2])

    np.testing.assert_array_equal(size(60, 2) - size(20, 2), [40 * 28, 0])
    np.testing.assert_array_equal(size(2, 60) - size(2, 20), [0, 40 * 28])
    np.testing.assert_allclose(size(160, 240), size(80, 120), atol=4)
    assert size(160, 240).max() < 2000


def test_nothing_is_cut_off():
    long = ["Donaudampfschiff", "gjpqy|"]
    picture = draw_attention(long, long, np.eye(2))
    ink = np.argwhere((picture < 250).any(-1))
    assert ink.min() >= 6
    assert (picture.shape[:2] - ink.max(0)).min() >= 6


def test_labels_stand_at_their_cells():
    full, gap = ["X"] * 5, ["X", "X", "X", " ", "X"]
    weights = np.zeros((5, 5))
    picture = draw_attention(full, full, weights)
    rows, columns = changed(picture, draw_attention(full, full, weights + 1))
    rows_of_target = changed(picture, draw_attention(full, gap, weights))[0]
    columns_of_source = changed(picture, draw_attention(gap, full, weights))[1]
    assert abs(rows_of_target.mean() - (rows[0] + 3.5 * 28)) < 3
    assert abs(columns_of_source.mean() - (columns[0] + 3.5 * 28)) < 3


def test_arabic_letters_are_joined():
    """Joined, the word is one piece; apart, each letter has white on both sides."""

    def pieces(token):
        filled = label_ink(token).any(0)
        return 1 + np.count_nonzero(np.diff(filled.astype(int)) == 1)

    assert pieces("سمكة") == 1
    assert pieces("\u200c".join("سمكة")) > 1
    assert pieces("fish") > 1


def test_arabic_runs_from_right_to_left():
    """The tall letter alef is the second, so right of the middle; the word mark comes first."""
    ink = label_ink("باببب")
    tallest = np.nonzero(ink[0])[0].mean()
    assert tallest > ink.shape[1] / 2
    arabic, latin = label_ink("▁ا"), label_ink("▁l")
    assert (arabic[-1, 0], arabic[-1, -1]) == (False, True)
    assert (latin[-1, 0], latin[-1, -1]) == (True, False)


@pytest.mark.parametrize(
    "token",
    ["🎉", "中文", "\n", "\ud800", "\u2029", "$\\frac", "$$", "", " ", "❤\ufe0f", "x" * 500],
)
def test_odd_tokens_are_drawn(token):
    picture = draw_attention([token], [token], [[1.0]])
    assert max(picture.shape) < 400


def test_characters_without_a_glyph_are_a_box():
    weights = [[1.0]]
    boxes = draw_attention(["a□"], ["□"], weights)
    np.testing.assert_array_equal(draw_attention(["a🎉"], ["中"], weights), boxes)


def test_no_global_state_is_used_or_left():
    before = dict(matplotlib.rcParams)
    expected = draw_attention(ENGLISH, ARABIC, np.zeros((2, 3)))
    assert dict(matplotlib.rcParams) == before
    with matplotlib.rc_context({"axes.grid": True, "figure.dpi": 30, "text.usetex": True}):
        np.testing.assert_array_equal(draw_attention(ENGLISH, ARABIC, np.zeros((2, 3))), expected)


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_the_file_holds_the_returned_picture(kind, tmp_path):
    file = tmp_path / "picture.png"
    file.write_text("an older file")
    picture = draw_attention(ENGLISH, ARABIC, np.eye(2, 3), kind(file))
    decoded = np.round(imread(file)[..., :3] * 255).astype("uint8")
    np.testing.assert_array_equal(decoded, picture)
    assert os.listdir(tmp_path) == ["picture.png"]


def test_a_failing_write_leaves_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "picture.png"
    file.write_text("an older file")

    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        draw_attention(ENGLISH, ARABIC, np.eye(2, 3), file)
    assert os.listdir(tmp_path) == ["picture.png"]
    assert file.read_text() == "an older file"


@pytest.mark.parametrize("shape", [(3, 2), (2, 2), (2,), (2, 4, 2), (2, 0, 3), (1, 2, 4, 3)])
def test_the_shape_of_the_weights_is_checked(shape):
    with pytest.raises(ValueError, match=r"`weights` must have the shape \(2, 3\) or .* got \("):
        draw_attention(ENGLISH, ARABIC, np.zeros(shape))


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.5, 1.5])
def test_the_weights_are_checked(value):
    weights = np.zeros((2, 3))
    weights[1, 1] = value
    with pytest.raises(ValueError, match=r"`weights` must be in \[0, 1\], got values from"):
        draw_attention(ENGLISH, ARABIC, weights)
    with pytest.raises(ValueError, match=r"`weights` must be in \[0, 1\], got values from"):
        draw_attention(ENGLISH, ARABIC, np.stack([weights, 1 - weights], 1))


def test_the_tokens_are_checked():
    with pytest.raises(ValueError, match="`source_tokens` must have at least one token, got none"):
        draw_attention([], ARABIC, np.zeros((2, 0)))
    with pytest.raises(ValueError, match="`target_tokens` must be a list of strings, got 'ab'"):
        draw_attention(ENGLISH, "ab", np.zeros((2, 3)))
    with pytest.raises(ValueError, match="`target_tokens` must be a list of strings, got"):
        draw_attention(ENGLISH, [b"ab"], np.zeros((1, 3)))


def test_the_file_is_checked(tmp_path):
    weights = np.zeros((2, 3))
    with pytest.raises(ValueError, match=r"`file` must end in \.png, got .*picture\.jpg"):
        draw_attention(ENGLISH, ARABIC, weights, tmp_path / "picture.jpg")
    with pytest.raises(FileNotFoundError, match="`file` must lie in an existing folder, got"):
        draw_attention(ENGLISH, ARABIC, weights, str(tmp_path / "no/picture.png"))
    assert os.listdir(tmp_path) == []
