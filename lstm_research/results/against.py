"""Rows compared with one of their group: differences on test, and on validation setting by setting."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import TYPE_CHECKING

from lstm_research.results.experiment import Experiment
from lstm_research.results.statistics import UNKNOWN, Interval, holm, mean_interval, paired, welch_difference
from lstm_research.results.verdict import PRINT

if TYPE_CHECKING:
    from lstm_research.results.table import TableRow


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A row's values less the reference's."""

    mean: float
    interval: Interval
    """95 %."""
    p: float
    """Two-sided; NaN where there are too few values."""


def by_seed(values: Mapping[int, float], reference: Mapping[int, float], *, diverged: bool = False) -> Difference:
    """Paired over the seeds that both have: Student's t of the differences. No test with fewer than `PRINT` of them, or
    where a run of either diverged: the others would speak for all.
    """
    shared = sorted(values.keys() & reference.keys())
    differences = [values[seed] - reference[seed] for seed in shared]
    tested = len(shared) >= PRINT and not diverged
    return Difference(
        mean=fmean(differences) if differences else math.nan,
        interval=UNKNOWN if diverged else mean_interval(differences),
        p=paired([values[seed] for seed in shared], [reference[seed] for seed in shared]) if tested else math.nan,
    )


def by_group(values: Sequence[float], reference: Sequence[float]) -> Difference:
    """Welch's: values of different settings have no partners."""
    if not values or not reference:
        return Difference(mean=math.nan, interval=UNKNOWN, p=math.nan)
    interval, p = welch_difference(values, reference)
    return Difference(mean=fmean(values) - fmean(reference), interval=interval, p=p)


def compared(experiment: Experiment, rows: Sequence["TableRow"]) -> list["TableRow"]:
    """The rows of a group, each beside the one that the experiment compares with; p adjusted over the group (Holm),
    intervals not.
    """
    mine = list(rows)
    reference = next((row for row in mine if experiment.against and row.label == experiment.against), None)
    if reference is None:
        return mine
    places = [k for k, row in enumerate(mine) if row is not reference and not row.naive]
    found = _adjusted([
        by_seed(mine[k].values, reference.values, diverged=bool(mine[k].diverged or reference.diverged)) for k in places
    ])  # fmt: skip
    tops = _adjusted([by_group(mine[k].top, reference.top) for k in places])
    for k, difference, top in zip(places, found, tops, strict=True):
        mine[k] = replace(mine[k], difference=difference, top_difference=top)
    return mine


def _adjusted(found: Sequence[Difference]) -> list[Difference]:
    adjusted = holm([one.p for one in found])
    return [one if math.isnan(one.p) else replace(one, p=p) for one, p in zip(found, adjusted, strict=True)]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Two rows over the same settings."""

    better: int
    """Settings in which the row is better than the reference."""
    n: int
    """Settings in which one at least did not diverge."""
    median: float
    """Of the differences where neither did."""
    p: float
    """Wilcoxon's signed rank test, two-sided; who diverged alone differs by more than all others."""


def by_setting(values: Sequence[float], reference: Sequence[float], higher_is_better: bool) -> Settings:
    """Validation values at the same settings, in the same order; NaN where a run diverged."""
    from scipy.stats import wilcoxon

    pairs = [(a, b) for a, b in zip(values, reference, strict=True) if not (math.isnan(a) and math.isnan(b))]
    sign = 1.0 if higher_is_better else -1.0
    finite = [sign * (a - b) for a, b in pairs if not math.isnan(a - b)]
    beyond = 1.0 + max(map(abs, finite), default=0.0)
    gains = [
        -beyond if math.isnan(a) else beyond if math.isnan(b) else sign * (a - b)
        for a, b in pairs
    ]  # fmt: skip
    p = float(wilcoxon(gains).pvalue) if any(gains) else math.nan
    middle = sign * median(finite) if finite else math.nan
    return Settings(better=sum(gain > 0 for gain in gains), n=len(gains), median=middle, p=p)
