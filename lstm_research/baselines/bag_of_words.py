"""Text classification: multinomial logistic regression on tf-idf of n-grams, the penalty chosen on valid.

n-grams of one and two words; where tokens are characters, of one to four of them, with a mark before and after the
text: a network sees as well where it begins and ends.
"""

from typing import Any

from lstm_research.baselines._forecasts import needed
from lstm_research.baselines._logistic import logistic

NEEDS = "scikit-learn"
ORDERS = {"words": (1, 2), "characters": (1, 4)}
BEGIN, END = "<begin>", "<end>"
STRENGTHS = (0.1, 1.0, 10.0, 100.0)
"""Inverse penalties that are tried."""


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split. Raises ConfigError without scikit-learn."""
    counting = needed("sklearn.feature_extraction.text", "scikit-learn")
    orders, characters = ORDERS[task.config.tokens], task.config.tokens == "characters"

    def grams(text: str) -> list[str]:
        found = task.tokens(text)
        return _grams([BEGIN, *found, END] if characters else found, *orders)

    vectors = counting.TfidfVectorizer(analyzer=grams, sublinear_tf=True)
    x = vectors.fit_transform(task.data.train.texts)
    seen = {part: vectors.transform(getattr(task.data, part).texts) for part in ("valid", split)}
    return logistic(task, split, x, seen, STRENGTHS, most=1000)


def _grams(tokens: list[str], least: int, most: int) -> list[str]:
    """Every run of so many tokens."""
    return [" ".join(tokens[i : i + n]) for n in range(least, most + 1) for i in range(len(tokens) - n + 1)]
