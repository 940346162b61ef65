"""What to say when a name is unknown."""

import difflib


def nearest_names(name, names):
    """Returns a hint: the nearest of `names`, or all of them when none is near."""
    nearest = difflib.get_close_matches(str(name), names)
    return f"did you mean {' or '.join(nearest)}?" if nearest else f"there are {', '.join(names)}."
