"""Calibration by simulation: coverage 93-97 %, and a model against itself wins at most 5 % of the time."""

import math

import numpy as np
import pytest
from made_results import experiment, run_all
from scipy import stats

from lstm_research.results.statistics import (
    best_between,
    expected_best,
    fisher,
    holm,
    mean_interval,
    paired,
    prediction_interval,
    welch,
    wilson,
)
from lstm_research.results.table import build

TRIALS = 4000


@pytest.mark.parametrize("n", [5, 10])
def test_mean_and_prediction_intervals_cover(n):
    draw = np.random.default_rng(n).normal(8.5, 0.03, (TRIALS, n + 1)).tolist()
    mean = [low <= 8.5 <= high for low, high in (mean_interval(row[:n]) for row in draw)]
    one = [low <= row[n] <= high for row, (low, high) in ((row, prediction_interval(row[:n])) for row in draw)]
    assert 0.93 <= np.mean(mean) <= 0.97
    assert 0.93 <= np.mean(one) <= 0.97


def test_wilson_covers_on_average_and_stays_in_range():
    random = np.random.default_rng(0)
    shares = random.uniform(0.05, 0.95, TRIALS)
    solved = random.binomial(10, shares)
    covered = [
        low <= p <= high for p, (low, high) in ((p, wilson(int(k), 10)) for p, k in zip(shares, solved, strict=False))
    ]
    assert 0.93 <= np.mean(covered) <= 0.97
    assert wilson(0, 10).low == 0
    assert wilson(10, 10).high == 1


def test_tests_against_scipy_and_their_false_alarms():
    random = np.random.default_rng(1)
    a, b = random.normal(0, 1, (2, TRIALS, 8)).tolist()
    ours = [paired(x, y) for x, y in zip(a, b, strict=False)]
    theirs = stats.ttest_rel(a, b, axis=1).pvalue
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert np.mean(np.array(ours) <= 0.05) <= 0.06
    x, y = a[0], b[0][:5]
    p = welch(np.mean(x), np.std(x, ddof=1), 8, np.mean(y), np.std(y, ddof=1), 5)
    assert p == pytest.approx(stats.ttest_ind(x, y, equal_var=False).pvalue)
    assert fisher(9, 10, 3, 10) == pytest.approx(stats.fisher_exact([[9, 1], [3, 7]]).pvalue)
    assert paired(x, x) == 1.0
    # Where nothing varies, as many ways as signs, or as places, could have turned out.
    assert paired([1.1, 2.1], [0.1, 1.1]) == 0.5
    assert paired([1.0] * 8, [0.0] * 8) == pytest.approx(stats.binomtest(0, 8).pvalue)
    assert welch(1.0, 0.0, 4, 0.0, 0.0, 4) == pytest.approx(2 / 70)
    assert math.isnan(paired([1.0], [2.0]))


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([math.nan, 0.01]) == pytest.approx([1.0, 0.02])


def test_a_model_against_itself_is_rarely_bold():
    """The whole path: two rows from one distribution, correlated by seed; some row is bold in at most 5 % of tables."""
    random = np.random.default_rng(2)
    made, wins, trials = experiment(), 0, 400
    for _ in range(trials):
        seeds = random.normal(8, 0.1, 10)
        table = build(
            made, run_all(made, {label: (seeds + random.normal(0, 0.1, 10)).tolist() for label in ("GRU", "LSTM")})
        )
        wins += any(row.bold for row in table.rows)
    assert wins / trials <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / trials)


def test_a_real_difference_is_bold():
    made = experiment()
    random = np.random.default_rng(3)
    table = build(
        made, run_all(made, {"GRU": random.normal(8, 0.1, 10).tolist(), "LSTM": random.normal(9, 0.1, 10).tolist()})
    )
    assert [row.label for row in table.rows if row.bold] == ["GRU"]


def test_expected_best_is_the_mean_of_minima():
    values = [3.0, 1.0, math.nan, 2.0]
    every = [min(a, b) for a in (3, 1, 3, 2) for b in (3, 1, 3, 2)]
    assert expected_best(values, 2, higher_is_better=False) == pytest.approx(np.mean(every))
    assert expected_best([1.0, 2.0], 1, higher_is_better=True) == pytest.approx(1.5)
    assert math.isnan(expected_best([math.nan], 3, higher_is_better=True))


def test_to_diverge_makes_nothing_look_better():
    """One good value among what diverged, beside settings that all end: worth the worst of all when it diverges."""
    alone = [0.5, *[math.nan] * 9]
    assert expected_best(alone, 1, higher_is_better=False) == 0.5
    assert expected_best(alone, 1, higher_is_better=False, worst=0.9) == pytest.approx(0.1 * 0.5 + 0.9 * 0.9)
    assert best_between(alone, 1, False, 0.8, worst=0.9).high == 0.9


def test_where_the_best_of_n_lies_is_where_draws_fall():
    """By simulation, with what diverged as the worst; more draws are no worse."""
    values = [0.1, 0.2, 0.3, 0.5, 0.8, math.nan]
    for higher, pick, worst in ((False, np.min, 0.8), (True, np.max, 0.1)):
        for n in (1, 3):
            draws = np.random.default_rng(n).choice([*values[:-1], worst], (TRIALS, n))
            drawn = np.sort(pick(draws, axis=1))
            assert best_between(values, n, higher, 0.8) == (drawn[TRIALS // 10], drawn[-TRIALS // 10])
    assert all(map(math.isnan, best_between([math.nan], 2, False, 0.8)))
