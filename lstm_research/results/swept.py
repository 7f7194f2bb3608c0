"""What a sweep found, as plain data, and the numbers that are told of it: in text, in the figure, on the page."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from lstm_research.results.record import Record
from lstm_research.results.statistics import Interval, best_between, expected_best, worst_of
from lstm_research.types import ConfigError

FEWEST = 8
"""Settings with a value below which nothing is said of importance."""
BINS = 8
"""Ranges of a drawn field at most that settings are put together in."""


@dataclass(frozen=True)
class Setting:
    """One setting, all seeds of it."""

    overrides: str
    point: Mapping[str, Any]
    """Field -> value, of what grid and search set."""
    value: float | None
    """Mean of the best validation values; None where a run diverged."""
    stopped: int | None
    """Updates after which a rule stopped it."""
    records: Sequence[Record]

    @property
    def end(self) -> float:
        """The value; NaN where a run diverged."""
        return math.nan if self.value is None else self.value


Groups = Mapping[str, Sequence[Setting]]
"""Name of what is compared -> its settings, best first."""


@dataclass(frozen=True)
class Field:
    """A field that was varied."""

    name: str
    log: bool
    """Whether its axis is one of exponents."""
    names: Sequence[str]
    """The values in order, where they are no numbers; otherwise empty."""
    drawn: bool
    """Whether from a range, so that hardly two settings share a value."""

    def place(self, value: Any) -> float:
        """Where a value lies on the axis: the number, or the place of its name."""
        return float(self.names.index(str(value)) if self.names else value)


def fields_of(groups: Groups, scales: Mapping[str, str]) -> list[Field]:
    """Fields that were varied. `scales`: of those that were drawn from a range, `log` or `linear`; others are seen by
    their values.
    """
    found = []
    settings = [one for group in groups.values() for one in group]
    for name in dict.fromkeys(name for one in settings for name in one.point):
        seen = [one.point[name] for one in settings if name in one.point]
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in seen)
        names = () if numbers else tuple(sorted({str(value) for value in seen}))
        log = scales[name] == "log" if name in scales else numbers and wide([float(value) for value in seen])
        found.append(Field(name, log, names, name in scales))
    return found


def wide(values: Sequence[float]) -> bool:
    """Whether values are shown by their exponents."""
    return bool(values) and min(values) > 0 and max(values) / min(values) > 20


class Importance(NamedTuple):
    """Of one field, for one thing compared."""

    compared: str
    field: str
    fanova: float
    """NaN without scikit-learn, and where values do not vary."""
    ped_anova: float
    """NaN where fewer than four settings have a value."""
    known: float
    """R2, out of bag, of the forest that `fanova` describes."""


def importances(groups: Groups, higher_is_better: bool) -> list[Importance]:
    """Of every field that was varied; none where too few settings have a value.

    Of the settings' ranks, so that a few values far off do not decide alone: those trained to the end before those that
    were stopped, and what diverged behind all.
    """
    import numpy as np
    from scipy.stats import rankdata

    from lstm_research.results.importance import fanova, ped_anova, unit

    found = []
    for compared, group in groups.items():
        fields = [name for name in dict.fromkeys(name for one in group for name in one.point)
                  if len({one.point.get(name) for one in group}) > 1]  # fmt: skip
        finite = sum(one.value is not None for one in group)
        if finite < FEWEST or not fields:
            continue
        places = unit([[one.point.get(name) for one in group] for name in fields])
        places_behind = [behind(one.value, one.stopped, higher_is_better) for one in group]
        ranks = rankdata([sorted(set(places_behind)).index(one) for one in places_behind])
        divergence = ped_anova(places, np.argsort(ranks, kind="stable").tolist(), finite)
        try:
            shares, known = fanova(places, ranks)
        except ConfigError:  # without scikit-learn
            shares, known = np.full(len(fields), math.nan), math.nan
        rows = zip(fields, shares.tolist(), divergence.tolist(), strict=True)
        found += [Importance(compared, *row, known) for row in rows]
    return found


def behind(value: float | None, stopped: int | None, higher_is_better: bool) -> tuple[bool, float, float]:
    """What settings are ranked by, less being better: those trained to the end first, then those that were stopped, the
    later the better; where a run diverged (None), last.
    """
    until = math.inf if stopped is None else float(stopped)
    return value is None, -until, 0.0 if value is None else -value if higher_is_better else value


class Binned(NamedTuple):
    """Settings of one thing compared, in one range of a field."""

    compared: str
    low: float
    high: float
    settings: int
    diverged: int
    best: float | None
    """None where all diverged."""
    median: float | None
    """What diverged is worse than anything; None where that is half of them."""


def sensitivity(groups: Groups, field: Field, higher_is_better: bool) -> list[Binned]:
    """How the best and the median value depend on a field of numbers, range by range, the same for all compared."""
    placed = {name: [(float(one.point[field.name]), one.value) for one in group if field.name in one.point]
              for name, group in groups.items()}  # fmt: skip
    seen = sorted({x for group in placed.values() for x, _ in group})
    ranges = _ranges(seen, field.log) if field.drawn and len(seen) > 1 else [(x, x) for x in seen]
    worst = -math.inf if higher_is_better else math.inf
    found = []
    for name, group in placed.items():
        for low, high in ranges:
            values = [value for x, value in group if low <= x < high or x == high == seen[-1] or x == low == high]
            if not values:
                continue
            finite = [value for value in values if value is not None]
            middle = median(worst if value is None else value for value in values)
            best = (max if higher_is_better else min)(finite, default=None)
            known = middle if math.isfinite(middle) else None
            found.append(Binned(name, low, high, len(values), len(values) - len(finite), best, known))
    return found


def _ranges(seen: Sequence[float], log: bool) -> list[tuple[float, float]]:
    """Of one width, as many as the root of the number of values."""
    low, high, count = seen[0], seen[-1], min(BINS, max(3, round(len(seen) ** 0.5)))
    edges = [low * (high / low) ** (k / count) if log else low + (high - low) * k / count for k in range(count + 1)]
    edges[-1] = high
    return list(itertools.pairwise(edges))


class Point(NamedTuple):
    """What the best of n settings is worth."""

    n: int
    value: float
    """As expected."""
    spread: Interval
    """Where it lies in 8 of 10 cases."""


def best_of(groups: Groups, higher_is_better: bool) -> dict[str, list[Point]]:
    """For n from 1 to all; nothing where all settings diverged. Else what diverged is worth the worst value of all."""
    worst = worst_of((one.end for group in groups.values() for one in group), higher_is_better)
    found = {}
    for name, group in groups.items():
        ends = [one.end for one in group]
        most = 0 if all(math.isnan(end) for end in ends) else len(ends)
        found[name] = [
            Point(
                n, expected_best(ends, n, higher_is_better, worst), best_between(ends, n, higher_is_better, 0.8, worst)
            )
            for n in range(1, most + 1)
        ]
    return found
