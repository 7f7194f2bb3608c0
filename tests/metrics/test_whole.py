"""Metrics of a whole split against their definitions, ties and missing classes included."""

import itertools

import numpy as np
import pytest

from lstm_research.metrics.whole import asymmetric_score, auprc, auroc, macro_f1

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("levels", [2, 5, 10_000])
def test_auroc_is_the_share_of_pairs_in_order(levels: int) -> None:
    positive, score = RNG.random(60) < 0.3, RNG.integers(0, levels, 60) / levels
    pairs = [(a > b) + 0.5 * (a == b) for a, b in itertools.product(score[positive], score[~positive])]
    assert auroc(positive, score) == pytest.approx(np.mean(pairs), rel=1e-12)
    assert auroc(~positive, score) == pytest.approx(1 - np.mean(pairs), rel=1e-12)


@pytest.mark.parametrize("levels", [2, 5, 10_000])
def test_auprc_is_a_sum_over_thresholds(levels: int) -> None:
    positive, score = RNG.random(60) < 0.3, RNG.integers(0, levels, 60) / levels
    total, before = 0.0, 0.0
    for threshold in sorted(set(score), reverse=True):
        asked = score >= threshold
        recall = (asked & positive).sum() / positive.sum()
        total += (asked & positive).sum() / asked.sum() * (recall - before)
        before = recall
    assert auprc(positive, score) == pytest.approx(total, rel=1e-12)


def test_macro_f1_by_hand() -> None:
    answers, predicted = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0])
    assert macro_f1(answers, predicted, 4) == pytest.approx((0.5 + 0.8 + 0) / 3)


def test_what_cannot_be_said_is_nan() -> None:
    for metric in (auroc, auprc):
        assert np.isnan(metric(np.ones(3, bool), np.arange(3.0)))
        assert np.isnan(metric(np.zeros(3, bool), np.arange(3.0)))
        assert np.isnan(metric(np.array([True, False]), np.array([np.nan, 1.0])))
    assert np.isnan(macro_f1(np.empty(0, int), np.empty(0, int), 2))


def test_late_is_worse_than_early() -> None:
    assert asymmetric_score(np.array([10.0]), np.array([0.0])) == pytest.approx(np.e - 1)
    assert asymmetric_score(np.array([0.0]), np.array([13.0])) == pytest.approx(np.e - 1)
    assert asymmetric_score(np.array([1e6]), np.array([0.0])) == np.inf
