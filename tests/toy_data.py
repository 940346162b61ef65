"""Examples that a tiny classifier and a tiny tagger learn at once."""

TRAINING_TEXTS = ["a fine film", "a bad film", "fine , fine film !", "bad , bad film !"] * 8
TRAINING_LABELS = [1, 0, 1, 0] * 8

TRAINING_WORDS = [["Ada", "met", "Bob"], ["in", "Paris", "!"], ["Bob", "met", "Ada"]] * 8
TRAINING_TAGS = [["B-PER", "O", "B-PER"], ["O", "B-LOC", "O"], ["B-PER", "O", "B-PER"]] * 8
