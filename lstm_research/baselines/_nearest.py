"""One nearest neighbour: the class of the sequence of train that is nearest, under Euclid's distance or warped time."""

from typing import Any

import numpy as np

from lstm_research.baselines._scored import scored

PAIRS = 4000
"""Pairs of sequences that are compared at a time: more would not stay in the cache."""


def laid(task: Any, split: str) -> np.ndarray:
    """float32[n t k]: standardised channels, all stretched to the longest of train and this split by linear
    interpolation, which loses nothing for warped time (Ratanamahatana & Keogh, Three myths about DTW, SDM 2005).
    """
    parts = {name: task.seen(name) for name in dict.fromkeys(("train", "valid", "test", split))}
    longest = max(len(values) for part in parts.values() for values in part)
    return np.stack([_stretched(values, longest) for values in parts[split]])


def judged(task: Any, split: str, nearest: np.ndarray) -> dict[str, float]:
    """The task's metrics where each sequence has the class of number `nearest`, int[n], of train."""
    answers = task.data.train.answers[nearest]
    outputs = np.where(np.arange(len(task.classes))[None] == answers[:, None], 0.0, -30.0).astype(np.float32)
    return scored(task, split, outputs)


def distances(a: np.ndarray, b: np.ndarray, width: int) -> np.ndarray:
    """float[n m]: squared distances under warped time, no step moved by more than `width` (Sakoe & Chiba 1978); 0 is
    Euclid's. Channels are warped together.
    """
    n, m = len(a), len(b)
    found = np.empty(n * m, np.float64)
    for begin in range(0, n * m, PAIRS):
        pairs = np.arange(begin, min(begin + PAIRS, n * m))
        found[pairs] = _warped(a[pairs // m], b[pairs % m], width)
    return found.reshape(n, m)


def _warped(a: np.ndarray, b: np.ndarray, width: int) -> np.ndarray:
    """float[p]: of p pairs of sequences [p t k]."""
    steps = a.shape[1]
    a, b = np.moveaxis(a, 0, -1), np.moveaxis(b, 0, -1)  # [t k p]: pairs are contiguous
    endless = np.full(a.shape[-1], np.inf)
    # before[j] and row[j]: cost of the best path to steps (i-1, j-1) and (i, j-1).
    before = [endless] * (steps + 1)
    before[0] = np.zeros(a.shape[-1])
    for i in range(steps):
        first, last = max(0, i - width), min(steps, i + width + 1)
        row = [endless] * (steps + 1)
        cost = ((a[i][None] - b[first:last]) ** 2).sum(axis=1)
        for j in range(first, last):
            row[j + 1] = cost[j - first] + np.minimum(np.minimum(before[j], before[j + 1]), row[j])
        before = row
    return before[steps]


def _stretched(values: np.ndarray, steps: int) -> np.ndarray:
    if len(values) == steps:
        return values
    old, new = np.linspace(0, 1, len(values)), np.linspace(0, 1, steps)
    return np.stack([np.interp(new, old, column) for column in values.T], axis=1).astype(np.float32)
