"""Results: the store, evidence as knowledge files, and files written whole."""
