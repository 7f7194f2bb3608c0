"""Forecasting: ridge regression of every step of the horizon on the lags of the context, less the last value, and on
what is known of the horizon in advance.

Each column has its own weights, shared by all series; shrinking leads to the last value. The penalty is chosen on
valid. A direct autoregression, the `NLinear` of Zeng et al., arXiv:2205.13504, in closed form.
"""

from typing import Any

import numpy as np

from lstm_research.baselines._forecasts import MOST_ROWS, raw, score, windows

PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0)


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split."""
    train, lags, answers = windows(task, "train", MOST_ROWS)
    valid, held_lags, held = windows(task, "valid", MOST_ROWS)
    origins, seen, _ = windows(task, split)
    told, held_told, seen_told = (task.known(these).reshape(len(these), -1) for these in (train, valid, origins))
    columns = []
    for column in range(lags.shape[2]):
        weights = _weights(lags[..., column], told, answers[..., column])
        errors = [np.mean((_forecast(held_lags[..., column], held_told, w) - held[..., column]) ** 2) for w in weights]
        columns.append(_forecast(seen[..., column], seen_told, weights[int(np.argmin(errors))]))
    return score(task, split, raw(task, origins, np.stack(columns, axis=2)))


def _weights(lags: np.ndarray, told: np.ndarray, answers: np.ndarray) -> list[np.ndarray]:
    """Weights [context + m + 1, horizon] for each penalty, the intercept last and not penalised."""
    x, y = _features(lags, told), answers - lags[:, -1:]
    gram, moment = x.T @ x, x.T @ y
    shrunk = np.eye(len(gram))
    shrunk[-1, -1] = 0.0
    # The last lag less itself is 0: the penalty, or this, keeps the system solvable.
    return [np.linalg.solve(gram + penalty * shrunk + 1e-9 * np.eye(len(gram)), moment) for penalty in PENALTIES]


def _forecast(lags: np.ndarray, told: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return lags[:, -1:] + _features(lags, told) @ weights


def _features(lags: np.ndarray, told: np.ndarray) -> np.ndarray:
    return np.concatenate([lags - lags[:, -1:], told, np.ones((len(lags), 1))], axis=1)
