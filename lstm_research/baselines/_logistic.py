"""Multinomial logistic regression, the penalty chosen on valid by the metric that selects."""

from typing import Any

import numpy as np

from lstm_research.baselines._forecasts import needed
from lstm_research.baselines._scored import scored

LEAST = -30.0
"""The logarithm of the probability of a class that train does not have; none is less."""


def logistic(
    task: Any, split: str, x: Any, seen: dict[str, Any], strengths: tuple[float, ...], most: int
) -> dict[str, float]:
    """The task's metrics on a split.

    Args:
      x: [n k], what is seen of train.
      seen: the same of valid and of this split.
      strengths: inverse penalties that are tried.
      most: iterations.

    Raises ConfigError without scikit-learn.
    """
    linear = needed("sklearn.linear_model", "scikit-learn")
    weights = "balanced" if task.config.class_weights == "balanced" else None

    def outputs(strength: float, part: str) -> np.ndarray:
        model = linear.LogisticRegression(C=strength, max_iter=most, class_weight=weights)
        model.fit(x, task.data.train.answers)
        found = np.full((seen[part].shape[0], len(task.classes)), LEAST)
        found[:, model.classes_] = model.predict_log_proba(seen[part])
        return np.maximum(found, LEAST).astype(np.float32)

    valid = [scored(task, "valid", outputs(strength, "valid"))[task.spec.select] for strength in strengths]
    best = strengths[int(np.nanargmax(valid))]
    return scored(task, split, outputs(best, split))
