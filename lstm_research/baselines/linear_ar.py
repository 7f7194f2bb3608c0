"""Forecasting: ridge regression of every step of the horizon on the lags of the context, less the last value.

Each column has its own weights, shared by all series; shrinking leads to the last value. The penalty is chosen on
valid. A direct autoregression, the `NLinear` of Zeng et al., arXiv:2205.13504, in closed form.
"""

from typing import Any

import numpy as np

from lstm_research.baselines._forecasts import MOST_ROWS, raw, score, windows

PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0)


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split."""
    _, lags, answers = windows(task, "train", MOST_ROWS)
    _, held_lags, held = windows(task, "valid", MOST_ROWS)
    origins, seen, _ = windows(task, split)
    columns = []
    for column in range(lags.shape[2]):
        weights = _weights(lags[..., column], answers[..., column])
        errors = [np.mean((_forecast(held_lags[..., column], w) - held[..., column]) ** 2) for w in weights]
        columns.append(_forecast(seen[..., column], weights[int(np.argmin(errors))]))
    return score(task, split, raw(task, origins, np.stack(columns, axis=2)))


def _weights(lags: np.ndarray, answers: np.ndarray) -> list[np.ndarray]:
    """Weights [context + 1, horizon] for each penalty, the intercept last and not penalised."""
    x, y = _features(lags), answers - lags[:, -1:]
    gram, moment = x.T @ x, x.T @ y
    shrunk = np.eye(len(gram))
    shrunk[-1, -1] = 0.0
    # The last lag less itself is 0: the penalty, or this, keeps the system solvable.
    return [np.linalg.solve(gram + penalty * shrunk + 1e-9 * np.eye(len(gram)), moment) for penalty in PENALTIES]


def _forecast(lags: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return lags[:, -1:] + _features(lags) @ weights


def _features(lags: np.ndarray) -> np.ndarray:
    return np.concatenate([lags - lags[:, -1:], np.ones((len(lags), 1))], axis=1)
