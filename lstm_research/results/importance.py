"""Which of the fields that a sweep varied mattered: functional ANOVA, and PED-ANOVA.

References: Hutter, Hoos & Leyton-Brown, An Efficient Approach for Assessing Hyperparameter Importance, ICML 2014,
algorithm 2; Watanabe, Bansal & Hutter, PED-ANOVA, IJCAI 2023, equation 16.
"""

import importlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_research.types import ConfigError

TREES = 64
GRID = 256


def fanova(points: np.ndarray, values: np.ndarray, seed: int = 0) -> tuple[np.ndarray, float]:
    """Of the variance of a random forest, the share that each axis has by itself; and how much the forest knows.

    Args:
      points: Float[n d], in the unit cube.
      values: Float[n], finite.

    Returns: Float[d], a mean over trees; what is missing to 1 are interactions. NaN where the values do not vary. And
    the forest's R2 on values that a tree has not seen: the shares describe the forest, whatever it has learnt, and at 0
    or below that is noise.
    Raises ConfigError without scikit-learn.
    """
    try:
        ensemble = importlib.import_module("sklearn.ensemble")
    except ImportError:
        raise ConfigError("fANOVA needs scikit-learn: pip install 'lstm_research[classical]'") from None
    forest = ensemble.RandomForestRegressor(
        TREES, min_samples_leaf=2, max_features=0.7, random_state=seed, oob_score=True
    )
    spread = np.std(values)
    if spread == 0:
        return np.full(points.shape[1], math.nan), math.nan
    forest.fit(points, (values - np.mean(values)) / spread)  # whose thresholds are absolute
    shares = [_of_tree(one.tree_, points.shape[1]) for one in forest.estimators_]
    known = [share for share in shares if share is not None]
    return np.mean(known, axis=0), float(forest.oob_score_)


def _of_tree(tree: Any, axes: int) -> np.ndarray | None:
    """Exact: a tree is constant on boxes, so that marginals are sums over leaves of value times width. None where it is
    one box.
    """
    boxes, values = _leaves(tree, axes)
    widths = boxes[..., 1] - boxes[..., 0]
    volumes = widths.prod(axis=1)
    mean = (values * volumes).sum()
    total = (volumes * (values - mean) ** 2).sum()
    if total <= 1e-12:
        return None
    shares = []
    for axis in range(axes):
        edges = np.unique(boxes[:, axis])
        middle = (edges[1:] + edges[:-1]) / 2
        inside = (boxes[:, axis, 0] < middle[:, None]) & (middle[:, None] < boxes[:, axis, 1])
        marginal = (inside * (values * volumes / widths[:, axis])).sum(axis=1)
        shares.append((np.diff(edges) * (marginal - mean) ** 2).sum() / total)
    return np.array(shares)


def _leaves(tree: Any, axes: int) -> tuple[np.ndarray, np.ndarray]:
    """Box [l d 2] and value [l] of every leaf."""
    boxes, values = [], []
    left = [(0, np.tile([0.0, 1.0], (axes, 1)))]
    while left:
        node, box = left.pop()
        if tree.children_left[node] < 0:
            boxes.append(box)
            values.append(tree.value[node].item())
            continue
        axis, threshold = tree.feature[node], tree.threshold[node]
        for child, side in ((tree.children_left[node], 1), (tree.children_right[node], 0)):
            part = box.copy()
            part[axis, side] = threshold
            left.append((child, part))
    return np.array(boxes), np.array(values)


def ped_anova(points: np.ndarray, order: Sequence[int], finite: int, best: float = 0.25) -> np.ndarray:
    """How far, on each axis, the best settings lie elsewhere than all: Pearson's divergence, as shares of their sum.

    Args:
      points: Float[n d], in the unit cube.
      order: of the points, from the best on.
      finite: how many of them have a value; others are never among the best.
      best: share of the settings that are the best; four at least. NaN where fewer have a value.
    """
    top = order[: min(finite, max(4, round(best * len(order))))]
    if len(top) < 4:
        return np.full(points.shape[1], math.nan)
    grid = (np.arange(GRID) + 0.5) / GRID
    found = []
    for axis in range(points.shape[1]):
        of_best, of_all = (_density(points[some, axis], grid) for some in (top, order))
        found.append(float((of_all * (of_best / of_all - 1) ** 2).mean()))
    return np.array(found) / sum(found) if sum(found) else np.full(points.shape[1], math.nan)


def _density(places: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Gaussian kernels cut off at 0 and 1, of Scott's width; a little of the uniform, so that it is nowhere zero."""
    from scipy.stats import norm

    width = max(1.059 * float(np.std(places)) * len(places) ** -0.2, 1 / 50)
    inside = norm.cdf((1 - places) / width) - norm.cdf(-places / width)
    kernels = norm.pdf((grid[:, None] - places) / width) / width / inside
    return (kernels.sum(axis=1) + 1) / (len(places) + 1)


def unit(columns: Sequence[Sequence[Any]]) -> np.ndarray:
    """Columns of values as places in the unit cube, Float[n d]: by their order, equal values in the same place, None
    behind all others.

    Ranks, so that the scale of an axis does not matter, nor whether a value is a number.
    """
    placed = []
    for column in columns:
        there = {value for value in column if value is not None}
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in there)
        ordered = [*sorted(there, key=None if numbers else repr), *([None] if None in column else [])]
        place = {value: (k + 0.5) / len(ordered) for k, value in enumerate(ordered)}
        placed.append([place[value] for value in column])
    return np.array(placed).T
