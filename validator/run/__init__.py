"""Running trials: the engine and its executors."""
