"""Sequences of different lengths, laid end to end in one array."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from lstm_research.data.labelled import Ragged
from lstm_research.data.mapped import PIECE, in_file, release
from lstm_research.data.mapped import beside as file_beside


class Corpus(NamedTuple):
    """Sequences as one array: compact (the type they are stored in), and gathered from by index on the device."""

    flat: np.ndarray
    """[n d], the steps of all sequences."""
    start: np.ndarray
    """int32[s], where each sequence begins in `flat`."""
    length: np.ndarray
    """int32[s], steps of each sequence, at least 1."""


def corpus(sequences: Iterable[np.ndarray], beside: Sequence[np.ndarray] = ()) -> Corpus:
    """Lays sequences [t d] end to end. Raises ValueError if there are none, or one has no steps.

    Args:
      beside: sequences of the same lengths; where they lie in a file, so does what is laid.
    """
    if isinstance(beside, Ragged) and in_file(beside.flat):
        return _in_file(sequences, beside)
    sequences = list(sequences)
    if not sequences or any(len(sequence) == 0 for sequence in sequences):
        raise ValueError("a corpus needs at least one sequence, and every sequence at least one step")
    length = np.array([len(sequence) for sequence in sequences], np.int32)
    start = np.concatenate([[0], np.cumsum(length)[:-1]]).astype(np.int32)
    return Corpus(np.concatenate(sequences), start, length)


def _in_file(sequences: Iterable[np.ndarray], like: Ragged) -> Corpus:
    """The same, of float32."""
    start = np.cumsum(like.length) - like.length
    steps = int(like.length.sum())
    flat, read = np.zeros((0, 0), np.float32), 0
    for begin, one in zip(start, sequences, strict=True):
        if not flat.size:
            flat = file_beside(like.flat, (steps, one.shape[1]))
        flat[begin : begin + len(one)] = one
        read += one.size
        if read > PIECE:
            release(flat)
            read = 0
    release(flat)
    # What is longer does not fit a device, and the host counts as far as it likes.
    return Corpus(flat, start.astype(np.int32 if steps < 2**31 else np.int64), like.length.astype(np.int32))
