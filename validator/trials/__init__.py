"""Trials: one arm under one seed, trained, attacked and measured."""
