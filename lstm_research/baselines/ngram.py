"""Language modelling: n-grams with interpolated, modified Kneser-Ney smoothing, n chosen on valid.

    p(w | h) = max(c(hw) - D(c(hw)), 0) / c(h.) + (D1 N1(h.) + D2 N2(h.) + D3 N3(h.)) / c(h.) p(w | h')

c counts occurrences for the longest n-grams, and for shorter ones the different tokens seen before them; N1, N2 and N3
count the tokens seen after h once, twice and more often; h' is h without its first token, and below one token all are
alike. A context that was never seen leaves it to the shorter one.

Reference: Chen & Goodman, An Empirical Study of Smoothing Techniques for Language Modeling, Computer Speech & Language
  13(4), 1999, section 3 (equations 26 to 28).
"""

from math import log
from typing import Any, NamedTuple

import numpy as np

ORDERS = {"characters": (3, 4, 5, 6, 7, 8), "words": (2, 3, 4, 5)}
"""n that are tried."""


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split."""
    tried = ORDERS[task.config.tokens]
    train = task.tokens("train")
    valid = {n: -np.log(probabilities(train, task.tokens("valid"), n, task)).mean() for n in tried}
    best = min(tried, key=lambda n: valid[n])
    tokens = task.tokens(split)
    nats = -np.log(probabilities(train, tokens, best, task))
    return {
        "nll": float(nats.mean()),
        "bits_per_character": float(nats.sum() / log(2) / task.sizes[tokens].sum()),
        "perplexity": float(np.exp(nats.mean())),
        "unknown": float((tokens == 0).mean()),
    }


def probabilities(train: np.ndarray, tokens: np.ndarray, n: int, task: Any) -> np.ndarray:
    """float64[m]: probability of each of `tokens`, int[m], after those before it, of n-grams fitted on `train`."""
    size = len(task.vocabulary)
    before = np.full(n - 1, task.start)
    line = np.concatenate([before, train, before, tokens]).astype(np.int64)
    fitted = slice(n - 1, n - 1 + len(train))
    asked = slice(len(line) - len(tokens), len(line))
    grams = _grams(line, n, size)
    found = np.full(len(tokens), 1.0 / size)
    for k in range(1, n + 1):
        ends, context = grams[k], np.concatenate([[0], grams[k - 1][:-1]])
        longest = k == n
        counts = np.bincount(ends[fitted], minlength=ends.max() + 1) if longest else _left(grams, k, fitted)
        # One place of each different n-gram: what counts is counted by kinds from here on.
        kinds = np.unique(ends[fitted], return_index=True)[1] + fitted.start
        kinds = kinds[counts[ends[kinds]] > 0]
        of = _Discounts.from_counts(counts[ends[kinds]])
        contexts = context.max() + 1
        total = np.bincount(context[kinds], counts[ends[kinds]], contexts)
        left = np.bincount(context[kinds], of(counts[ends[kinds]]), contexts)
        seen, count = context[asked], counts[ends[asked]]
        known = total[seen] > 0
        over = np.where(known, total[seen], 1)
        found = np.where(known, (count - of(count)) / over + left[seen] / over * found, found)
    return found


class _Discounts(NamedTuple):
    """What is taken from a count of 0, 1, 2, and 3 or more."""

    table: np.ndarray

    @classmethod
    def from_counts(cls, counts: np.ndarray) -> "_Discounts":
        """Equation 26, from how many n-grams were counted once, twice, three and four times."""
        one, two, three, four = (float((counts == c).sum()) for c in (1, 2, 3, 4))
        if min(one, two, three) == 0:  # too few n-grams to tell, such as single characters: one discount for all
            return cls(np.array([0.0, 0.5, 0.5, 0.5]))
        y = one / (one + 2 * two)
        told = np.array([0.0, 1 - 2 * y * two / one, 2 - 3 * y * three / two, 3 - 4 * y * four / three])
        return cls(np.clip(told, 0.0, [0.0, 1.0, 2.0, 3.0]))

    def __call__(self, counts: np.ndarray) -> np.ndarray:
        return self.table[np.minimum(counts, 3).astype(np.int64)]


def _grams(line: np.ndarray, n: int, size: int) -> list[np.ndarray]:
    """int64[m] for each k of 0 .. n: at i, the number of the k-gram that ends there; equal ones have equal numbers."""
    grams = [np.zeros(len(line), np.int64)]
    for _ in range(n):
        before = np.concatenate([[0], grams[-1][:-1]])
        grams.append(np.unique(before * size + line, return_inverse=True)[1])
    return grams


def _left(grams: list[np.ndarray], k: int, fitted: slice) -> np.ndarray:
    """int64[g]: how many different tokens were seen before each k-gram."""
    longer = np.unique(grams[k + 1][fitted], return_index=True)[1] + fitted.start
    return np.bincount(grams[k][longer], minlength=grams[k].max() + 1)
