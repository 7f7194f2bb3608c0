"""Text classification: multinomial logistic regression on tf-idf of n-grams, the penalty chosen on valid.

n-grams of one and two words; where tokens are characters, of one to four of them, with a mark before and after the
text: a network sees as well where it begins and ends.
"""

from typing import Any

import numpy as np

from lstm_research.baselines._forecasts import needed
from lstm_research.baselines._scored import scored

NEEDS = "scikit-learn"
ORDERS = {"words": (1, 2), "characters": (1, 4)}
BEGIN, END = "<begin>", "<end>"
STRENGTHS = (0.1, 1.0, 10.0, 100.0)
"""Inverse penalties that are tried."""


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split. Raises ConfigError without scikit-learn."""
    linear = needed("sklearn.linear_model", "scikit-learn")
    counting = needed("sklearn.feature_extraction.text", "scikit-learn")
    orders, characters = ORDERS[task.config.tokens], task.config.tokens == "characters"

    def grams(text: str) -> list[str]:
        found = task.tokens(text)
        return _grams([BEGIN, *found, END] if characters else found, *orders)

    vectors = counting.TfidfVectorizer(analyzer=grams, sublinear_tf=True)
    x, y = vectors.fit_transform(task.data.train.texts), task.data.train.answers

    def outputs(strength: float, part: str) -> np.ndarray:
        weights = "balanced" if task.config.class_weights == "balanced" else None
        model = linear.LogisticRegression(C=strength, max_iter=1000, class_weight=weights).fit(x, y)
        seen = vectors.transform(getattr(task.data, part).texts)
        found = np.full((seen.shape[0], len(task.classes)), -30.0)
        found[:, model.classes_] = model.predict_log_proba(seen)
        return np.maximum(found, -30.0).astype(np.float32)

    valid = [scored(task, "valid", outputs(strength, "valid"))[task.spec.select] for strength in STRENGTHS]
    best = STRENGTHS[int(np.nanargmax(valid))]
    return scored(task, split, outputs(best, split))


def _grams(tokens: list[str], least: int, most: int) -> list[str]:
    """Every run of so many tokens."""
    return [" ".join(tokens[i : i + n]) for n in range(least, most + 1) for i in range(len(tokens) - n + 1)]
