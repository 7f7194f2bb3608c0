"""Sequences of any length as vectors: what is left of them once the order of steps is forgotten, or nearly so."""

from typing import Any

import numpy as np


def summaries(task: Any, split: str) -> np.ndarray:
    """float64[n, 8 k + s]: of every channel mean, deviation, least, greatest, first, last, slope and share measured.

    Channels as they are, missing values left out (0 for what is then not known); standardised by train at last.
    """
    of_train = _raw(task.data.train)
    mean, size = of_train.mean(axis=0), of_train.std(axis=0)
    found = of_train if split == "train" else _raw(getattr(task.data, split))
    return (found - mean) / np.where(size > 1e-9, size, 1.0)


def _raw(part: Any) -> np.ndarray:
    rows = []
    for place, values in enumerate(part.values):
        static = [] if part.static is None else part.static[place].astype(np.float64)
        own = [_of_channel(column[~np.isnan(column)], len(column)) for column in values.astype(np.float64).T]
        rows.append(np.concatenate([*own, np.nan_to_num(static)]))
    return np.stack(rows)


def _of_channel(x: np.ndarray, steps: int) -> np.ndarray:
    if not len(x):
        return np.zeros(8)
    t = np.arange(len(x)) - (len(x) - 1) / 2
    slope = (t @ x) / (t @ t) if len(x) > 1 else 0.0
    return np.array([x.mean(), x.std(), x.min(), x.max(), x[0], x[-1], slope, len(x) / steps])
