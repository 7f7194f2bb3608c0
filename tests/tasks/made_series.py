"""Small made series, and a task on them."""

from dataclasses import replace
from typing import Any

import numpy as np

from lstm_research.data.series import Borders, Series, SeriesSet, digest_of
from lstm_research.tasks.forecast import Config, Forecast

DAY = 24


def made(steps: tuple[int, ...] = (200, 150), columns: int = 2, seed: int = 0) -> SeriesSet:
    """Daily waves with noise, of different lengths, hour by hour."""
    draw = np.random.default_rng(seed)
    series = []
    for number, t in enumerate(steps):
        wave = np.sin(2 * np.pi * (np.arange(t)[:, None] + 3 * np.arange(columns)) / DAY)
        values = 10 * (number + 1) + wave + 0.1 * draw.standard_normal((t, columns))
        borders = Borders(int(0.6 * t), int(0.8 * t), t)
        series.append(Series(f"s{number}", values, borders, 3600 * np.arange(t, dtype=np.int64)))
    names = tuple(f"c{k}" for k in range(columns))
    targets = tuple(range(columns))
    return SeriesSet(tuple(series), names, targets, DAY, digest_of(tuple(series), names, targets))


def spoilt(data: SeriesSet, after: str) -> SeriesSet:
    """The same with every value after the end of split `after` changed."""
    series = []
    for one in data.series:
        values = one.values.copy()
        values[getattr(one.borders, after) :] *= -7.0
        series.append(replace(one, values=values))
    return replace(data, series=tuple(series))


def task(data: SeriesSet | None = None, **fields: Any) -> Forecast:
    """Forecasts of 5 steps from 12."""
    return Config(**{"context": 12, "horizon": 5, **fields}).build(data or made())
