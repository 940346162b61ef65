"""What every app has: a task's `fit`, presets and export; checks of raw input."""
