"""Forecasting: boosted trees on lags, the step of the horizon, the value a season before it, the calendar, and what is
known of the step in advance.

Scikit-learn's histogram gradient boosting, one model for each column, all series and steps of the horizon together; it
forecasts the difference from the last value, and stops by a tenth of train.
"""

from typing import Any

import numpy as np

from lstm_research.baselines._forecasts import MOST_ROWS, needed, raw, score, windows
from lstm_research.data.calendar import features

NEEDS = "scikit-learn"
LAGS = 24
"""At most so many lags, the latest ones, and as many a season before the origin."""


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split. Raises ConfigError without scikit-learn."""
    ensemble = needed("sklearn.ensemble", "scikit-learn")
    origins, lags, answers = windows(task, "train", MOST_ROWS)
    asked, seen, _ = windows(task, split)
    draw = np.random.default_rng(0)
    horizon = answers.shape[1]
    # As many rows as windows: each shows a few steps of its horizon.
    steps = np.stack([np.sort(draw.permutation(horizon)[: min(3, horizon)]) for _ in origins])
    every = np.tile(np.arange(horizon), (len(asked), 1))
    told, later_told = _told(task, origins, steps), _told(task, asked, every)
    columns = []
    for column in range(lags.shape[2]):
        own, later = lags[..., column], seen[..., column]
        x = _features(task.data.season, own, steps, told)
        y = (np.take_along_axis(answers[..., column], steps, axis=1) - own[:, -1:]).ravel()
        model = ensemble.HistGradientBoostingRegressor(max_iter=200, early_stopping=True, random_state=0)
        model.fit(x, y)
        found = model.predict(_features(task.data.season, later, every, later_told)).reshape(len(asked), horizon)
        columns.append(later[:, -1:] + found)
    return score(task, split, raw(task, asked, np.stack(columns, axis=2)))


def _features(season: int, lags: np.ndarray, steps: np.ndarray, told: np.ndarray) -> np.ndarray:
    """float32[n s, f] for windows [n] and steps [n s] of their horizons, with what is `_told` of these."""
    last = lags[:, -1:]
    near = (lags - last)[:, -LAGS:]
    # The same phase of the last season; where the context is shorter, the earliest lag stands for it.
    back = season - steps % season if season > 1 else np.ones_like(steps)
    before = np.take_along_axis(lags, np.maximum(lags.shape[1] - back, 0), axis=1) - last
    rows = [np.repeat(near, steps.shape[1], axis=0), before.reshape(-1, 1), steps.reshape(-1, 1)]
    rows += [np.repeat(last, steps.shape[1], axis=0), told]
    return np.concatenate(rows, axis=1).astype(np.float32)


def _told(task: Any, origins: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """[n s, m]: what is known of these steps in advance, and their calendar, whatever the column."""
    rows = [np.take_along_axis(task.known(origins), steps[..., None], axis=1).reshape(steps.size, -1)]
    times = [_calendar(one.time, task.config.horizon) for one in task.data.series]
    if all(time is not None for time in times):
        rows.append(np.concatenate([times[s][o + row] for (s, o), row in zip(origins, steps, strict=True)]))
    return np.concatenate(rows, axis=1)


def _calendar(time: np.ndarray | None, ahead: int) -> np.ndarray | None:
    return None if time is None else features(time, ahead, ("hour", "weekday", "month"))
