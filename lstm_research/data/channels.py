"""What a network sees of labelled sequences: channels standardised by train alone, and what is done about gaps."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from lstm_research.data.labelled import Labelled
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

    def seen(self, split: Labelled, show: Show | None, clip: float | None) -> list[np.ndarray]:
        """float32[t d] for each sequence: its channels, k of them, and then its s static columns at every step.

        Where values may be missing, `show` says what is seen:
          values: the last one measured, before the first the mean of train, 0.
          mask: also whether each was measured (k + s more); and the time since the step before, where there are times.
          decay: values, whether measured, and how long ago, 3 (k + s), static columns being channels like others: as
            the cell `gru_d` wants it (Che et al., arXiv:1606.01865, section 2.2).

        Args:
          show: None where nothing is missing.
          clip: values further than this from 0, once standardised, are brought there.
        """
        found = []
        for place, values in enumerate(split.values):
            x = self._scaled(values.astype(np.float64), self.mean, self.size, clip)
            static = np.zeros((len(x), 0))
            if split.static is not None:
                own = self._scaled(split.static[place].astype(np.float64), self.static_mean, self.static_size, clip)
                static = np.repeat(own[None], len(x), axis=0)
            times = None if split.times is None else split.times[place].astype(np.float64)
            found.append(self._laid(x, static, times, show).astype(np.float32))
        return found

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
    mean, size = _moments(np.concatenate(train.values).astype(np.float64))
    static = np.zeros((1, 0)) if train.static is None else train.static.astype(np.float64)
    static_mean, static_size = _moments(static)
    gaps = [np.diff(times) for times in train.times or () if len(times) > 1]
    interval = float(np.concatenate(gaps).mean()) if gaps else 1.0
    return Channels(mean, size, static_mean, static_size, interval if interval > 0 else 1.0)


def _moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of columns, without what is missing; 0 and 1 where nothing was measured."""
    there = ~np.isnan(x)
    count = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, x, 0.0).sum(axis=0) / count
    deviation = np.sqrt(np.where(there, (x - mean) ** 2, 0.0).sum(axis=0) / count)
    # Below this a column is constant but for rounding, and what is left would be blown up to noise of size 1.
    constant = deviation <= 1e-6 * np.maximum(1.0, np.abs(mean))
    return mean, np.where(constant, 1.0, deviation)


def _last_true(there: np.ndarray) -> np.ndarray:
    """int[t k]: the last row up to each, itself included, where `there`; -1 where there is none."""
    rows = np.arange(len(there))[:, None]
    return np.maximum.accumulate(np.where(there, rows, -1), axis=0)
