"""Classification: the most frequent class of train for every sequence."""

from typing import Any

import numpy as np

from lstm_research.baselines._scored import scored


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split."""
    shares = np.bincount(task.data.train.answers, minlength=len(task.classes)) / len(task.data.train.answers)
    outputs = np.log(np.maximum(shares, 1e-12)).astype(np.float32)
    return scored(task, split, np.repeat(outputs[None], len(getattr(task.data, split).answers), axis=0))
