"""The corpora by name: those of all apps, and a user's own."""

import dataclasses

from apps import registry
from apps.nearest import nearest_names

_BY_NAME = {
    corpus.name: dataclasses.replace(corpus, task=app.name)
    for app in registry.every()
    if app.corpora
    for corpus in registry.resolve_alone(app.corpora)
}

NAMES = tuple(_BY_NAME)
IN_MEMORY = {}  # examples by split, by the name of a corpus of the user's own


def info(name):
    """Returns the facts of a corpus: labels, splits and their sizes, licence, citation, home page.

    Args:
        name: One of `NAMES`, or of a corpus of your own; see `register`.

    Returns:
        A `Corpus`.

    Raises:
        ValueError: No corpus has this name; the message names the nearest ones.

    Example:
        >>> info("imdb").labels
        ('negative', 'positive')
    """
    if name not in _BY_NAME:
        raise ValueError(f"name: no corpus is called {name!r}; {nearest_names(name, _BY_NAME)}")
    return _BY_NAME[name]


def remember(corpus, splits):
    """Adds a corpus of the user's own, with its examples by split."""
    if corpus.name in NAMES:
        raise ValueError(f"`name` must not be that of a built-in corpus, got {corpus.name!r}.")
    _BY_NAME[corpus.name] = corpus
    IN_MEMORY[corpus.name] = splits
