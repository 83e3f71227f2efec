"""Factors measured on trained models, one module for each factor; adding one is adding a file."""

from ._measure import Measure, NotMeasurable, Subject, factors_of, measures

__all__ = ["Measure", "NotMeasurable", "Subject", "factors_of", "measures"]
