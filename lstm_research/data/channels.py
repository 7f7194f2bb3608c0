"""What a network sees of labelled sequences: channels standardised by train alone, and what is done about gaps."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Literal

import numpy as np

from lstm_research.data.labelled import Labelled
from lstm_research.data.mapped import PIECE
from lstm_research.types import ConfigError

Show = Literal["values", "mask", "decay"]


@dataclass(frozen=True)
class Channels:
    """Means and sizes of the channels and static columns of train, float64; what was not measured does not count."""

    mean: np.ndarray
    size: np.ndarray
    """Standard deviation; 1 where a channel is constant in train."""
    static_mean: np.ndarray
    static_size: np.ndarray
    interval: float
    """Mean time between two steps of train, 1 where steps have no times."""

    def to_json(self) -> dict[str, Any]:
        """Plain data; floats keep all their digits."""
        arrays = {name: getattr(self, name).tolist() for name in ("mean", "size", "static_mean", "static_size")}
        return {**arrays, "interval": self.interval}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Channels":
        """The inverse of `to_json`."""
        arrays = {name: np.array(data[name], np.float64) for name in ("mean", "size", "static_mean", "static_size")}
        return cls(**arrays, interval=float(data["interval"]))

    def seen(self, split: Labelled, show: Show | None, clip: float | None) -> Iterator[np.ndarray]:
        """float32[t d] for each sequence in turn: its channels, k of them, and then its s static columns at every step.

        Where values may be missing, `show` says what is seen:
          values: the last one measured, before the first the mean of train, 0.
          mask: also whether each was measured (k + s more); and the time since the step before, where there are times.
          decay: values, whether measured, and how long ago, 3 (k + s), static columns being channels like others: as
            the cell `gru_d` wants it (Che et al., arXiv:1606.01865, section 2.2).

        Args:
          show: None where nothing is missing.
          clip: values further than this from 0, once standardised, are brought there.
        """
        for place, (values, clock) in enumerate(zip(split.values, split.times or repeat(None), strict=False)):
            x = self._scaled(values.astype(np.float64), self.mean, self.size, clip)
            static = np.zeros((len(x), 0))
            if split.static is not None:
                own = self._scaled(split.static[place].astype(np.float64), self.static_mean, self.static_size, clip)
                static = np.repeat(own[None], len(x), axis=0)
            times = None if clock is None else clock.astype(np.float64)
            yield self._laid(x, static, times, show).astype(np.float32)

    def width(self, split: Labelled, show: Show | None) -> int:
        """Numbers that are seen of a step."""
        one = Labelled(
            (split.values[0],), split.answers[:1], None if split.times is None else (split.times[0],),
            None if split.static is None else split.static[:1],
        )  # fmt: skip
        return next(self.seen(one, show, None)).shape[1]

    def _laid(self, x: np.ndarray, static: np.ndarray, times: np.ndarray | None, show: Show | None) -> np.ndarray:
        if show is None:
            return np.concatenate([x, static], axis=1)
        x = np.concatenate([x, static], axis=1)
        there = ~np.isnan(x)
        # A static column is measured once, before the first step, and never out of date.
        last = _last_true(there)
        filled = np.where(last >= 0, np.take_along_axis(x, np.maximum(last, 0), axis=0), 0.0)
        if show == "values":
            return filled
        clock = np.arange(len(x), dtype=np.float64) if times is None else times / self.interval
        if show == "mask":
            since = [] if times is None else [np.diff(clock, prepend=clock[:1])[:, None]]
            return np.concatenate([filled, there, *since], axis=1)
        before = np.concatenate([np.full((1, x.shape[1]), -1), last[:-1]])
        ago = clock[:, None] - np.where(before >= 0, clock[np.maximum(before, 0)], clock[0])
        return np.concatenate([filled, there, ago], axis=1)

    @staticmethod
    def _scaled(x: np.ndarray, mean: np.ndarray, size: np.ndarray, clip: float | None) -> np.ndarray:
        scaled = (x - mean) / size
        return scaled if clip is None else np.clip(scaled, -clip, clip)


def check_show(show: Show | None, *, gaps: bool) -> None:
    """Raises ConfigError unless `show` is given for data with gaps, and for them alone."""
    if gaps and show is None:
        raise ConfigError("values are missing in these data, and task.show says nothing of it; for example show=mask")
    if not gaps and show is not None:
        raise ConfigError(f"task.show={show}: no value is missing in these data; leave it out")


def fit_channels(train: Labelled) -> Channels:
    """Of a train split."""
    mean, size = _moments(train.values)
    static = np.zeros((1, 0)) if train.static is None else train.static.astype(np.float64)
    static_mean, static_size = _moments([static])
    interval = _interval(train.times or ())
    return Channels(mean, size, static_mean, static_size, interval if interval > 0 else 1.0)


def _interval(times: Sequence[np.ndarray]) -> float:
    """Mean time between two steps of the same sequence; 1 where there are none."""
    means, weights = [], []
    for gaps in _joined(np.diff(one) for one in times if len(one) > 1):
        means.append(float(gaps.mean()))
        weights.append(len(gaps))
    return means[0] if len(means) == 1 else float(np.average(means, weights=weights)) if means else 1.0


def _pieces(values: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """The steps of all sequences, float64[n k] of about `PIECE` values each: the same in memory and in files."""
    return _joined(np.array(one, np.float64) for one in values)


def _joined(arrays: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """The arrays end to end, in pieces of about `PIECE` values."""
    some: list[np.ndarray] = []
    size = 0
    for one in arrays:
        some.append(one)
        size += one.size
        if size >= PIECE:
            yield np.concatenate(some)
            some, size = [], 0
    if some:
        yield np.concatenate(some)


def _moments(values: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of columns, without what is missing; 0 and 1 where nothing was measured."""
    width = values[0].shape[1]
    total, count = np.zeros(width), np.zeros(width, np.int64)
    for x in _pieces(values):
        there = ~np.isnan(x)
        x[~there] = 0.0
        total, count = total + x.sum(axis=0), count + there.sum(axis=0)
    count = np.maximum(count, 1)
    mean, squares = total / count, np.zeros(width)
    for x in _pieces(values):
        there = ~np.isnan(x)
        np.square(np.subtract(x, mean, out=x), out=x)
        x[~there] = 0.0
        squares = squares + x.sum(axis=0)
    deviation = np.sqrt(squares / count)
    # Below this a column is constant but for rounding, and what is left would be blown up to noise of size 1.
    constant = deviation <= 1e-6 * np.maximum(1.0, np.abs(mean))
    return mean, np.where(constant, 1.0, deviation)


def _last_true(there: np.ndarray) -> np.ndarray:
    """int[t k]: the last row up to each, itself included, where `there`; -1 where there is none."""
    rows = np.arange(len(there))[:, None]
    return np.maximum.accumulate(np.where(there, rows, -1), axis=0)
