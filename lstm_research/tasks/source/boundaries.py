"""`boundaries`: how sequences are parted by length, so that little of a batch is padding."""

from typing import Any

import numpy as np

MOST = 8
"""Buckets at most: each is a shape of its own, and the model is compiled for each."""


def boundaries(lengths: np.ndarray, batch: int, waste: float) -> list[int]:
    """Where buckets begin: the fewest whose padding is at most `waste`; of so many, those with the least padding.

    Exact, by dynamic programming. Buckets hold whole batches, so that every batch is full but one of the shortest
    sequences. Where `MOST` buckets do not suffice, those with the least padding: what is kept is for the caller to say.

    Args:
      lengths: int[s], longest first, at least 1.
      batch: sequences in a batch.
      waste: largest share of padding among all steps computed in an epoch, in [0, 1).
    """
    number, steps = len(lengths), int(lengths.sum())
    first = np.arange(0, number, batch)
    # A cut between two full batches that begin with the same length saves nothing.
    worth = np.append(True, lengths[first][1:] != lengths[first][:-1])
    worth[-1] |= number % batch > 0
    first = first[worth]
    longest = lengths[first].astype(np.float64)
    ends = np.append(first, number)
    # least[j]: steps computed for the first ends[j] sequences in so many buckets; parents[k][j]: where the last begins.
    least = np.where(ends == 0, 0.0, np.inf)
    parents: list[np.ndarray] = []
    while len(parents) < min(MOST, len(first)):
        further, parent = np.full(len(ends), np.inf), np.zeros(len(ends), int)
        for j in range(1, len(ends)):
            total = least[:j] + padded(ends[j] - first[:j], batch) * longest[:j]
            parent[j] = np.argmin(total)
            further[j] = total[parent[j]]
        least = further
        parents.append(parent)
        if share(steps, least[-1]) <= waste:
            break
    begins, j = [], len(first)
    for parent in reversed(parents):
        j = int(parent[j])
        begins.append(int(first[j]))
    return begins[::-1]


def padded(number: Any, batch: int) -> Any:
    """Rows computed for the sequences of a bucket: a bucket of less than a batch has no more rows than sequences."""
    return np.where(number <= batch, number, -(-number // batch) * batch)


def share(steps: int, computed: float | int) -> float:
    """Share of padding where `steps` of `computed` steps are valid."""
    return 1.0 - steps / computed
