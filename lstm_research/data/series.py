"""Time series in memory: what forecasting and anomaly detection are given."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from lstm_research.data.mapped import in_file, pieces
from lstm_research.types import DataError


class Borders(NamedTuple):
    """Where the splits of a series end, in steps: train is [0, train), valid [train, valid), test [valid, test)."""

    train: int
    valid: int
    test: int


@dataclass(frozen=True)
class Series:
    """One series of t steps at equal distances in time."""

    name: str
    values: np.ndarray
    """float64[t k]: the columns that are forecast, or seen. Finite: gaps are an error, or filled, where it was read."""
    borders: Borders
    time: np.ndarray | None = None
    """int64[t], seconds since 1970; None where the data have no time."""
    known: np.ndarray | None = None
    """float64[t m]: what is known of a step in advance, such as a holiday; None where there is nothing."""
    static: np.ndarray | None = None
    """float64[s]: what is true of the whole series."""
    anomalies: tuple[tuple[int, int], ...] = ()
    """Windows [begin, end) of steps labelled anomalous."""


@dataclass(frozen=True)
class SeriesSet:
    """Series with the same columns."""

    series: tuple[Series, ...]
    columns: tuple[str, ...]
    """Names of the k columns."""
    targets: tuple[int, ...]
    """Which columns are forecast; all are seen."""
    season: int = 1
    """Steps in a season, for seasonal baselines and MASE: 24 for hours of a day; 1 where there is none."""
    digest: str = field(default="", compare=False)
    """sha256 of all of it; `digest_of` computes it."""
    step: str = ""
    """The distance of two steps in words, such as "a day"; "" where the data have no time."""
    told: str = field(default="", compare=False)
    """What was inferred of a file of the user's own, for the user."""

    def __post_init__(self) -> None:
        for one in self.series:
            if one.values.ndim != 2 or one.values.shape[1] != len(self.columns):
                raise ValueError(f"{one.name}: values are {one.values.shape}, for {len(self.columns)} columns")
            if not 0 < one.borders.train <= one.borders.valid <= one.borders.test <= len(one.values):
                raise ValueError(f"{one.name}: {one.borders} of {len(one.values)} steps")
            for piece in pieces(one.values):
                if not np.isfinite(one.values[piece]).all():
                    step, column = np.argwhere(~np.isfinite(one.values[piece]))[0]
                    found, step = one.values[piece][step, column], piece.start + step
                    raise DataError(
                        f"{one.name}: {self.columns[column]} at step {step} is {found}; fill the gaps first"
                    )


def digest_of(series: tuple[Series, ...], columns: tuple[str, ...], targets: tuple[int, ...]) -> str:
    """sha256 over names, shapes, contents and borders, in order."""
    whole = hashlib.sha256(repr((columns, targets)).encode())
    for one in series:
        whole.update(repr((one.name, tuple(one.borders), one.values.shape, one.anomalies)).encode())
        for array in (one.values, one.time, one.known, one.static):
            if array is None:
                whole.update(b"-")
            else:
                for piece in pieces(array):
                    whole.update(np.ascontiguousarray(array[piece]).data)
    return whole.hexdigest()


def apart(data: SeriesSet) -> SeriesSet:
    """Every target column of every series as a series of one column."""
    series = tuple(
        replace(one, name=f"{one.name}/{data.columns[column]}", values=_column(one.values, column))
        for one in data.series
        for column in data.targets
    )
    return SeriesSet(series, ("value",), (0,), data.season, data.digest, data.step, data.told)


def _column(values: np.ndarray, column: int) -> np.ndarray:
    """float64[t 1]; what lies in a file is looked at where it is."""
    return values[:, column : column + 1] if in_file(values) else values[:, [column]]


def described(data: SeriesSet) -> dict[str, Any]:
    """What new rows must have in common with these, as JSON."""
    return {"columns": list(data.columns), "season": data.season, "step": data.step}


def borders_by_share(steps: int, train: float = 0.7, valid: float = 0.1) -> Borders:
    """Borders in time order by shares of the steps, rounded down; the rest is test."""
    # 0.7 + 0.1 is a little less than 0.8.
    return Borders(int(steps * train + 1e-6), int(steps * (train + valid) + 1e-6), steps)
