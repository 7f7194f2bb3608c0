"""Classification: the class of the nearest sequence of train under dynamic time warping, its window chosen in train.

The window that classifies most of train right, each by its nearest other one, of those tried; of equals the narrowest.
Dau et al., The UCR Time Series Archive, 2019: the reference row "DTW, learned w". Sakoe & Chiba 1978 (the window).
"""

from typing import Any

import numpy as np

from lstm_research.baselines._nearest import distances, judged, laid

SHARES = (0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2)
"""Windows that are tried, as shares of the length."""


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split."""
    train, answers = laid(task, "train"), task.data.train.answers
    widths = sorted({int(np.ceil(share * train.shape[1])) for share in SHARES})
    right = []
    for width in widths:
        apart = distances(train, train, width)
        np.fill_diagonal(apart, np.inf)
        right.append((answers[apart.argmin(axis=1)] == answers).mean())
    best = widths[int(np.argmax(right))]
    return judged(task, split, distances(laid(task, split), train, best).argmin(axis=1))
