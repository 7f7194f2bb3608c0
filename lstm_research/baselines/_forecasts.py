"""What the rules of forecasting share. Forecasts are float64[n horizon k], in the data's units, by `task.origins`."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_research.baselines._scored import scored
from lstm_research.types import ConfigError

MOST_ROWS = 20_000
"""Training windows that a regression is fitted on; of more, every so manieth is taken."""


def by_rule(task: Any, split: str, rule: Callable[[np.ndarray, int], np.ndarray]) -> dict[str, float]:
    """Metrics of `rule(history, horizon)`: from float64[o k], all that is known at an origin, to [horizon k]."""
    columns = list(task.data.targets)
    found = [
        rule(task.data.series[series].values[:origin][:, columns], task.config.horizon)
        for series, origin in task.origins(split)
    ]
    return score(task, split, np.stack(found))


def score(task: Any, split: str, forecasts: np.ndarray) -> dict[str, float]:
    """The task's own metrics of point forecasts."""
    return scored(task, split, task.as_outputs(split, forecasts))


def windows(task: Any, split: str, most: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(origins int[n 2], lags [n context k], answers [n horizon k]), standardised; before a series its first repeats.

    Args:
      most: no more windows than this, evenly spread.
    """
    origins = task.origins(split)
    if most is not None and len(origins) > most:
        origins = origins[np.linspace(0, len(origins) - 1, most).astype(int)]
    columns, context, horizon = list(task.data.targets), task.config.context, task.config.horizon
    scaled = [
        ((one.values - mean) / size)[:, columns]
        for one, mean, size in zip(task.data.series, task.scales.mean, task.scales.size, strict=True)
    ]
    lags = np.stack([scaled[s][np.maximum(np.arange(o - context, o), 0)] for s, o in origins])
    answers = np.stack([scaled[s][o : o + horizon] for s, o in origins])
    return origins, lags, answers


def raw(task: Any, origins: np.ndarray, scaled: np.ndarray) -> np.ndarray:
    """Standardised forecasts in the data's own units."""
    columns = list(task.data.targets)
    series = origins[:, 0]
    return scaled * task.scales.size[series][:, None, columns] + task.scales.mean[series][:, None, columns]


def by_fit(task: Any, split: str, fit: Callable[[np.ndarray, int], np.ndarray], most: int) -> dict[str, float]:
    """`by_rule` of `fit(history, horizon)`, from the last `most` steps of one column, float64[o], to [horizon]."""

    def rule(history: np.ndarray, horizon: int) -> np.ndarray:
        return np.stack([fit(one[-most:], horizon) for one in history.T], axis=1)

    # A fit of many small products takes ten times as long where two threads wait for each other on cores that have
    # other work.
    with needed("threadpoolctl", "scikit-learn").threadpool_limits(1, "blas"):
        return by_rule(task, split, rule)


def needed(module: str, package: str) -> Any:
    """An optional library. Raises ConfigError where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigError(f"this row needs {package}: pip install 'lstm_research[classical]' ({error})") from None
