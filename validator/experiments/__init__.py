"""Experiments: set-up, sweeps, verdicts and documents of everything that can be measured."""
