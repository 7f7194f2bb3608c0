"""Classification: multinomial logistic regression on eight numbers of each channel.

Mean, deviation, least, greatest, first, last, slope and share measured; the penalty is chosen on valid by the metric
that selects.
"""

from typing import Any

import numpy as np

from lstm_research.baselines._forecasts import needed
from lstm_research.baselines._scored import scored
from lstm_research.baselines._summaries import summaries

NEEDS = "scikit-learn"
STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)
"""Inverse penalties that are tried."""


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split. Raises ConfigError without scikit-learn."""
    linear = needed("sklearn.linear_model", "scikit-learn")
    x, y = summaries(task, "train"), task.data.train.answers

    def outputs(strength: float, part: str) -> np.ndarray:
        weights = "balanced" if task.config.class_weights == "balanced" else None
        model = linear.LogisticRegression(C=strength, max_iter=2000, class_weight=weights).fit(x, y)
        found = np.full((len(getattr(task.data, part).answers), len(task.classes)), -30.0)
        found[:, model.classes_] = model.predict_log_proba(summaries(task, part))
        return np.maximum(found, -30.0).astype(np.float32)

    valid = [scored(task, "valid", outputs(strength, "valid"))[task.spec.select] for strength in STRENGTHS]
    best = STRENGTHS[int(np.nanargmax(valid))]
    return scored(task, split, outputs(best, split))
