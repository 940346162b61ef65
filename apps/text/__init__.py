"""Words, subwords and characters of texts."""
