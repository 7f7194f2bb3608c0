"""Intervals and tests for a handful of seeds; tests/results/test_statistics.py calibrates them by simulation."""

import math
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev
from typing import NamedTuple


class Interval(NamedTuple):
    """Both ends; NaN where the values do not determine them."""

    low: float
    high: float


UNKNOWN = Interval(math.nan, math.nan)


def mean_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """Student's t interval of the mean; UNKNOWN for fewer than two values."""
    return _around_mean(values, level, 0.0)


def prediction_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """Where one further run falls: mean +- t s sqrt(1 + 1/n); UNKNOWN for fewer than two values."""
    return _around_mean(values, level, 1.0)


def _around_mean(values: Sequence[float], level: float, extra: float) -> Interval:
    n = len(values)
    if n < 2:
        return UNKNOWN
    half = _t_quantile(level, float(n - 1)) * stdev(values) * math.sqrt(extra + 1 / n)
    return Interval(fmean(values) - half, fmean(values) + half)


def _t_quantile(level: float, degrees: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + level / 2))


def wilson(k: int, n: int, level: float = 0.95) -> Interval:
    """Wilson's score interval of a share, k of n (Wilson 1927; Brown, Cai & DasGupta 2001)."""
    from scipy.special import ndtri

    if n == 0:
        return UNKNOWN
    z = float(ndtri(0.5 + level / 2))
    share = k / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(0.0 if k == 0 else max(0.0, middle - half), 1.0 if k == n else min(1.0, middle + half))


def _two_sided(t: float, degrees: float) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(degrees, -abs(t)))


def welch(mean_a: float, sd_a: float, n_a: int, mean_b: float, sd_b: float, n_b: int) -> float:
    """Two-sided p of Welch's t test from summaries; NaN if either side has fewer than two runs.

    Where neither side varies, that of the permutation test.
    """
    if min(n_a, n_b) < 2:
        return math.nan
    error, degrees = _welch(sd_a, n_a, sd_b, n_b)
    if error == 0:
        return 1.0 if mean_a == mean_b else _by_chance(math.comb(n_a + n_b, n_a))
    return _two_sided((mean_a - mean_b) / error, degrees)


def welch_difference(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> tuple[Interval, float]:
    """(interval of mean(a) - mean(b), two-sided p) by Welch's t test; UNKNOWN and NaN for fewer than two values."""
    if min(len(a), len(b)) < 2:
        return UNKNOWN, math.nan
    error, degrees = _welch(stdev(a), len(a), stdev(b), len(b))
    middle = fmean(a) - fmean(b)
    half = _t_quantile(level, degrees) * error if error else 0.0
    return Interval(middle - half, middle + half), welch(fmean(a), stdev(a), len(a), fmean(b), stdev(b), len(b))


def _welch(sd_a: float, n_a: int, sd_b: float, n_b: int) -> tuple[float, float]:
    """(standard error of the difference of means, degrees of freedom)."""
    a, b = sd_a**2 / n_a, sd_b**2 / n_b
    if a + b == 0:
        return 0.0, math.nan
    return math.sqrt(a + b), (a + b) ** 2 / (a**2 / (n_a - 1) + b**2 / (n_b - 1))


def paired(a: Sequence[float], b: Sequence[float]) -> float:
    """Two-sided p of the paired t test; `a[i]` and `b[i]` share a seed. NaN for fewer than two pairs.

    Where all differences are equal, that of the sign test.
    """
    differences = [x - y for x, y in zip(a, b, strict=True)]
    n = len(differences)
    if n < 2:
        return math.nan
    spread = stdev(differences)
    # Equal up to rounding: a mean of equal differences must not become a p of zero through its last bit.
    if spread <= 1e-12 * max(1e-300, *(abs(x) for x in (*a, *b))):
        return 1.0 if abs(fmean(differences)) <= spread * 10 else _by_chance(2**n)
    return _two_sided(fmean(differences) / spread * math.sqrt(n), float(n - 1))


def _by_chance(ways: int) -> float:
    """Two of so many equally likely outcomes are as extreme as what was seen."""
    return min(1.0, 2 / ways)


def fisher(k_a: int, n_a: int, k_b: int, n_b: int) -> float:
    """Two-sided p of Fisher's exact test that two shares are equal."""
    total, solved = n_a + n_b, k_a + k_b
    low, high = max(0, solved - n_b), min(n_a, solved)
    ways = [math.comb(n_a, k) * math.comb(n_b, solved - k) for k in range(low, high + 1)]
    return sum(way for way in ways if way <= ways[k_a - low]) / math.comb(total, solved)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values (Holm 1979), in the given order; a NaN counts as a test that found nothing."""
    p = [1.0 if math.isnan(value) else value for value in p_values]
    adjusted = [1.0] * len(p)
    running = 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        running = max(running, min(1.0, (len(p) - rank) * p[index]))
        adjusted[index] = running
    return adjusted


def worst_of(values: Iterable[float], higher_is_better: bool) -> float:
    """The worst finite value; NaN if none is."""
    finite = [value for value in values if math.isfinite(value)]
    return (min if higher_is_better else max)(finite, default=math.nan)


def expected_best(values: Sequence[float], n: int, higher_is_better: bool, worst: float | None = None) -> float:
    """Expected best validation value of `n` trials drawn from these ones (Dodge et al. 2019, eq. 7).

    A trial that diverged (NaN) is never the best unless all drawn ones are, and then it is worth `worst`: the worst
    finite value of everything that is compared, lest diverging make anything look better. By default that of these
    trials. NaN if no value is finite.
    """
    ranked = _from_worst(values, higher_is_better, worst)
    if not ranked or n < 1:
        return math.nan
    total = len(ranked)
    return sum(v * ((i / total) ** n - ((i - 1) / total) ** n) for i, v in enumerate(ranked, start=1))


def best_between(
    values: Sequence[float], n: int, higher_is_better: bool, level: float, worst: float | None = None
) -> Interval:
    """Where the best of `n` trials lies with probability `level`, as likely below as above: the distribution whose
    mean `expected_best` is. UNKNOWN if no value is finite.
    """
    ranked = _from_worst(values, higher_is_better, worst)
    if not ranked or n < 1:
        return UNKNOWN
    total = len(ranked)
    tails = ((1 - level) / 2, (1 + level) / 2)
    ends = [next(v for i, v in enumerate(ranked, start=1) if (i / total) ** n >= tail or i == total) for tail in tails]
    return Interval(min(ends), max(ends))


def _from_worst(values: Sequence[float], higher_is_better: bool, worst: float | None) -> list[float]:
    """From worst to best; what is not finite counts as the worst. Empty if no value is finite."""
    own = worst_of(values, higher_is_better)
    if math.isnan(own):
        return []
    lost = own if worst is None else worst
    return sorted((value if math.isfinite(value) else lost for value in values), reverse=not higher_is_better)
