"""Forecasting: exponential smoothing with a damped trend, and a season where there is one, fitted at every origin.

Statsmodels' `ExponentialSmoothing` (Hyndman, Koehler, Ord & Snyder, Forecasting with Exponential Smoothing, 2008:
A,Ad,N or A,Ad,A), on the last `HISTORY` steps. Where a fit fails, the last value stands.
"""

import warnings
from typing import Any

import numpy as np

from lstm_research.baselines._forecasts import by_fit, needed

NEEDS = "statsmodels"
HISTORY = 1000
"""Steps before an origin that are fitted."""


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split. Raises ConfigError without statsmodels."""
    holtwinters = needed("statsmodels.tsa.holtwinters", "statsmodels")
    season = task.data.season

    def column(history: np.ndarray, horizon: int) -> np.ndarray:
        seasonal = {"seasonal": "add", "seasonal_periods": season} if 1 < season <= len(history) // 2 else {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = holtwinters.ExponentialSmoothing(history, trend="add", damped_trend=True, **seasonal)
                found = np.asarray(model.fit().forecast(horizon), np.float64)
        except (ValueError, np.linalg.LinAlgError):
            found = np.full(horizon, np.nan)
        return found if np.isfinite(found).all() else np.full(horizon, history[-1])

    return by_fit(task, split, column, HISTORY)
