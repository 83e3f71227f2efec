"""Reasoning: pure functions of a knowledge base. No files, clocks, networks or training.

>>> from knowledge import load
>>> from predictor import interactions
>>> interactions.predict(load(), "adversarial_training", "data_reconstruction").conjecture
'increase'
"""
