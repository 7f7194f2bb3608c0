"""What may be said about our runs beside a published number."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from lstm_research.results.published import Published
from lstm_research.results.statistics import mean_interval, prediction_interval, welch

CLAIM = 10
"""Fewer runs than this only indicate."""
PRINT = 5
"""Fewer runs than this say nothing."""


def verdict(ours: Sequence[float], published: Published, higher_is_better: bool, digits: int, diverged: int = 0) -> str:
    """consistent / better by d / worse by d / not comparable: why.

    A published single run is consistent if it lies in our 95 % prediction interval for one run; a published mean with
    spread is compared by Welch's test at 5 %. `ours` are the finished runs; that others diverged is said.
    """
    if published.comparable is not True:
        return f"not comparable: {published.comparable}"
    n = len(ours)
    if n < PRINT:
        return f"no verdict: {n} finished run{'s' if n != 1 else ''}, {PRINT} needed"
    if published.spread is None:
        low, high = prediction_interval(ours)
        same = low <= published.value <= high
    elif published.n is None or published.n < 2:
        return "not comparable: the published spread has no number of runs"
    else:
        p = welch(fmean(ours), stdev(ours), n, published.value, _deviation(published, published.n), published.n)
        same = p > 0.05
    difference = fmean(ours) - published.value
    word = "better" if (difference > 0) == higher_is_better else "worse"
    said = "consistent" if same else f"{word} by {abs(difference):.{digits}f}"
    if n < CLAIM:
        said = f"indicative: {said}"
    return said if not diverged else f"{said} ({n} finished runs; {diverged} diverged)"


def _deviation(published: Published, n: int) -> float:
    """The sample standard deviation behind a published spread."""
    spread = published.spread or 0.0
    if published.spread_kind == "se":
        return spread * math.sqrt(n)
    if published.spread_kind == "ci95":
        half_of_unit = mean_interval([-1.0, *[0.0] * (n - 2), 1.0]).high / stdev([-1.0, *[0.0] * (n - 2), 1.0])
        return spread / half_of_unit
    return spread
