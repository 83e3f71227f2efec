"""Pages about measurements: the form, progress, history and outcomes."""
