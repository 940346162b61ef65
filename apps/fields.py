"""The columns of an app's examples: what kind of value each has."""


class Field:
    """A column; a kind of column is a subclass.

    Attributes:
        axes: Names of the axes that vary in size. Axes of one name have one size in an example.
        grows: Whether a value goes on where another one ends: the two are of one source.
    """

    axes, grows = (), False

    def spec(self):
        """The dtype and the shape of a value in `tf.data`, `(dtype, shape)`."""
        return "string", (None,) * len(self.axes)

    def lines(self, value):
        """What a value, as NumPy has it, says: a list of strings, empty if it has nothing."""
        raise NotImplementedError

    def classes(self, values):
        """Names of the classes among values, as `np.ravel` has them; empty where there are none."""
        return ()


class Text(Field):
    """A text."""

    def lines(self, value):
        return [value.decode("utf-8")]


class Words(Field):
    """The words of a sentence."""

    axes = ("word",)

    def lines(self, value):
        return [" ".join(word.decode("utf-8") for word in value)]


class Sentences(Field):
    """The sentences of a story; a longer one may begin with a shorter one."""

    axes, grows = ("sentence",), True

    def lines(self, value):
        return [sentence.decode("utf-8") for sentence in value]


class Name(Field):
    """One name of several: a class, or for each word one.

    Args:
        axis: Name of the axis along which there is one for each; by default there is one alone.
        first: A name that comes first of all, if it is there.
    """

    def __init__(self, axis=None, first=None):
        self.axes = () if axis is None else (axis,)
        self.first = first

    def classes(self, values):
        names = {value.decode("utf-8") for value in values}
        return tuple(sorted(names, key=lambda name: (name != self.first, name)))


class Index(Field):
    """The index of a class.

    Args:
        names: Names of the classes where there are so many; else they are named by their numbers.
    """

    def __init__(self, names=()):
        self.names = tuple(names)

    def spec(self):
        return "int64", ()

    def classes(self, values):
        count = int(max(values)) + 1
        return self.names if count == len(self.names) else tuple(map(str, range(count)))
