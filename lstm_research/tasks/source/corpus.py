"""Sequences of different lengths, laid end to end in one array."""

from typing import NamedTuple

import numpy as np


class Corpus(NamedTuple):
    """Sequences as one array: compact (the type they are stored in), and gathered from by index on the device."""

    flat: np.ndarray
    """[n d], the steps of all sequences."""
    start: np.ndarray
    """int32[s], where each sequence begins in `flat`."""
    length: np.ndarray
    """int32[s], steps of each sequence, at least 1."""


def corpus(sequences: list[np.ndarray]) -> Corpus:
    """Lays sequences [t d] end to end. Raises ValueError if there are none, or one has no steps."""
    if not sequences or any(len(sequence) == 0 for sequence in sequences):
        raise ValueError("a corpus needs at least one sequence, and every sequence at least one step")
    length = np.array([len(sequence) for sequence in sequences], np.int32)
    start = np.concatenate([[0], np.cumsum(length)[:-1]]).astype(np.int32)
    return Corpus(np.concatenate(sequences), start, length)
