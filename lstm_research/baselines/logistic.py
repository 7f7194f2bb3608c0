"""Classification: multinomial logistic regression on eight numbers of each channel.

Mean, deviation, least, greatest, first, last, slope and share measured; the penalty is chosen on valid by the metric
that selects.
"""

from typing import Any

from lstm_research.baselines._logistic import logistic
from lstm_research.baselines._summaries import summaries

NEEDS = "scikit-learn"
STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)
"""Inverse penalties that are tried."""


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split. Raises ConfigError without scikit-learn."""
    seen = {part: summaries(task, part) for part in ("valid", split)}
    return logistic(task, split, summaries(task, "train"), seen, STRENGTHS, most=2000)
