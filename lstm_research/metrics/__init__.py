"""Metrics and losses as `Sum(total, count)`, blind to padding."""

from lstm_research.metrics.classification import accuracy, cross_entropy, surprise
from lstm_research.metrics.counting import rows, steps, summed
from lstm_research.metrics.piano_roll import binary_nll
from lstm_research.metrics.regression import squared_error, within

__all__ = ["accuracy", "binary_nll", "cross_entropy", "rows", "squared_error", "steps", "summed", "surprise", "within"]
