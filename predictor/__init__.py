"""Reasoning: pure functions of a knowledge base. No files, clocks, networks or training.

>>> from crosscurrent.knowledge import load
>>> from crosscurrent.predictor import interactions
>>> interactions.predict(load(), "adversarial_training", "data_reconstruction").conjecture
'increase'
"""
