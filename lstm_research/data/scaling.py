"""Scales of series, fitted on train alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_research.config.nearest import unknown
from lstm_research.data.mapped import pieces
from lstm_research.data.series import Series, SeriesSet
from lstm_research.types import ConfigError


@dataclass(frozen=True)
class Scales:
    """Of every series and column, float64[s k]."""

    names: tuple[str, ...]
    """Of the series."""
    mean: np.ndarray
    size: np.ndarray
    """Standard deviation; 1 where a column is constant in train."""
    naive: np.ndarray
    """Mean absolute error of the seasonal naive forecast inside train, for MASE; 1 where it is 0."""

    def to_json(self) -> dict[str, Any]:
        """Plain data; floats keep all their digits."""
        arrays = {name: getattr(self, name).tolist() for name in ("mean", "size", "naive")}
        return {"names": list(self.names), **arrays}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Scales":
        """The inverse of `to_json`."""
        arrays = {name: np.array(data[name], np.float64) for name in ("mean", "size", "naive")}
        return cls(tuple(data["names"]), **arrays)

    def of(self, names: Sequence[str]) -> "Scales":
        """The scales of these series, in this order. Raises ConfigError for one that was not in train."""
        for name in names:
            if name not in self.names:
                raise ConfigError(f"{unknown('series', name, self.names)}: a scale is known for those of train alone")
        rows = [self.names.index(name) for name in names]
        return Scales(tuple(names), self.mean[rows], self.size[rows], self.naive[rows])


def _mean(rows: np.ndarray, of: Callable[[np.ndarray, slice], np.ndarray]) -> np.ndarray:
    """Mean over rows of what `of` makes of a piece of them, and of where they are: the same in memory and in a file."""
    total = np.sum([of(np.ascontiguousarray(rows[piece]), piece).sum(axis=0) for piece in pieces(rows)], axis=0)
    return np.asarray(total / len(rows))


def fit_scales(data: SeriesSet) -> Scales:
    """The scales of a set, from the train part of each series."""
    mean, size, naive = zip(*(_of_one(one, data.season) for one in data.series), strict=True)
    return Scales(tuple(one.name for one in data.series), np.stack(mean), np.stack(size), np.stack(naive))


def _of_one(one: Series, season: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(mean, size, naive) of a series, each [k]."""
    train = one.values[: one.borders.train]
    season = season if len(train) > season else 1
    later, zero = train[season:], np.zeros(train.shape[1])
    error = _mean(later, lambda x, at: np.abs(x - train[at])) if len(train) > 1 else zero
    mean = _mean(train, lambda x, at: x)
    deviation = np.sqrt(_mean(train, lambda x, at: (x - mean) ** 2))
    largest = np.max([np.abs(train[piece]).max(axis=0) for piece in pieces(train)], axis=0)
    # Below this a column is constant but for rounding, and what is left would be blown up to noise of size 1.
    constant = deviation <= 1e-8 * np.maximum(1.0, largest)
    return mean, np.where(constant, 1.0, deviation), np.where(error > 0, error, 1.0)
