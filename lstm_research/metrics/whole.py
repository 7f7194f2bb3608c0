"""Metrics that are no means over examples: of a whole split, on the host, in float64."""

import numpy as np


def macro_f1(answers: np.ndarray, predicted: np.ndarray, classes: int) -> float:
    """Mean over classes of F1 = 2 tp / (2 tp + fp + fn); a class that neither occurs nor is predicted is left out.

    Args:
      answers, predicted: int[n], in 0 .. classes-1.
    """
    scores = np.array([f1(answers == one, predicted == one) for one in range(classes)])
    known = scores[~np.isnan(scores)]
    return float(known.mean()) if len(known) else float("nan")


def f1(positive: np.ndarray, predicted: np.ndarray) -> float:
    """F1 = 2 tp / (2 tp + fp + fn) of what is, bool[n], and what was said to be; NaN where neither ever is."""
    right, wrong = int((positive & predicted).sum()), int((positive != predicted).sum())
    return 2 * right / (2 * right + wrong) if right + wrong else float("nan")


def auroc(positive: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve: the probability that a positive scores above a negative, ties counting half.

    NaN where one of the two does not occur, or a score is NaN.

    Args:
      positive: bool[n].
      score: float[n], the higher the more likely positive.
    """
    positive = np.asarray(positive, bool)
    many, few = int(positive.sum()), int((~positive).sum())
    if not many or not few or np.isnan(score).any():
        return float("nan")
    # The rank of a tie is the mean of the ranks that it takes (Mann & Whitney 1947).
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[positive].sum() - many * (many + 1) / 2) / (many * few))


def auprc(positive: np.ndarray, score: np.ndarray) -> float:
    """Average precision: the sum over thresholds of precision times the gain in recall; equal scores are one threshold.

    Arguments and NaN as for `auroc`.
    """
    positive = np.asarray(positive, bool)
    if not positive.any() or positive.all() or np.isnan(score).any():
        return float("nan")
    order = np.argsort(-np.asarray(score, np.float64), kind="stable")
    ends = np.append(np.flatnonzero(np.diff(np.asarray(score, np.float64)[order])), len(order) - 1)
    right = np.cumsum(positive[order])[ends]
    precision, recall = right / (ends + 1), right / positive.sum()
    return float((precision * np.diff(np.concatenate([[0.0], recall]))).sum())


def asymmetric_score(predicted: np.ndarray, answers: np.ndarray) -> float:
    """Sum of exp(-d/13) - 1 for d < 0 and exp(d/10) - 1 else, for d = predicted - answer: late is worse than early.

    Saxena, Goebel, Simon & Eklund, PHM 2008, section 5 (remaining useful life, in cycles).
    """
    d = np.asarray(predicted, np.float64) - np.asarray(answers, np.float64)
    with np.errstate(over="ignore"):
        return float(np.where(d < 0, np.expm1(-d / 13), np.expm1(d / 10)).sum())
