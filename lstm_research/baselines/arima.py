"""Forecasting: ARIMA(p, 1, q), the orders by Akaike's criterion among a few, fitted at every origin.

Statsmodels' `ARIMA` (Box & Jenkins, Time Series Analysis, 1976) on the last `HISTORY` steps, without a season. Where a
fit fails, the last value stands.
"""

import warnings
from typing import Any

import numpy as np

from lstm_research.baselines._forecasts import by_fit, needed

NEEDS = "statsmodels"
HISTORY = 500
"""Steps before an origin that are fitted."""
ORDERS = ((0, 1, 1), (1, 1, 1), (2, 1, 1))


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split. Raises ConfigError without statsmodels."""
    model = needed("statsmodels.tsa.arima.model", "statsmodels")

    def column(history: np.ndarray, horizon: int) -> np.ndarray:
        fits = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for order in ORDERS:
                try:
                    fits.append(model.ARIMA(history, order=order).fit())
                except (ValueError, np.linalg.LinAlgError):
                    continue
            if not fits:
                return np.full(horizon, history[-1])
            found = np.asarray(min(fits, key=lambda fit: fit.aic).forecast(horizon), np.float64)
        return found if np.isfinite(found).all() else np.full(horizon, history[-1])

    return by_fit(task, split, column, HISTORY)
