"""Regression on sequences: stretches, caps, metrics by hand, no leak, baselines."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from made_labelled import engines, made, spoilt

from lstm_research import baselines
from lstm_research.baselines._scored import scored
from lstm_research.metrics.whole import asymmetric_score
from lstm_research.tasks.sequence_regression import Config
from lstm_research.types import ConfigError

KEY = jax.random.key(0)


def test_training_shows_every_stretch_and_test_the_last() -> None:
    data = engines()
    subject = Config(window=4).build(data)
    seen = subject.channels.seen(data.train, None, None)
    flat, start, length, answers = subject.stretches("train")
    place = 0
    for values, rul in zip(seen, data.train.per_step, strict=True):
        for end in range(1, len(values) + 1):
            np.testing.assert_array_equal(
                flat[start[place] : start[place] + length[place]], values[max(0, end - 4) : end]
            )
            assert answers[place] == rul[end - 1]
            place += 1
    assert place == len(start)
    flat, start, length, answers = subject.stretches("test")
    np.testing.assert_array_equal(answers, data.test.answers)
    last = list(subject.channels.seen(data.test, None, None))[2]
    np.testing.assert_array_equal(flat[start[2] : start[2] + length[2]], last[-4:])
    assert len(Config(window=4, cuts=2).build(data).stretches("valid")[1]) == 6


def test_metrics_by_hand() -> None:
    data = engines()
    subject = Config(cap=4.0).build(data)
    predicted = np.array([1.0, 6.0, 3.0, 2.0])
    found = scored(subject, "test", subject.as_outputs(predicted))
    truth = data.test.answers.astype(np.float64)
    assert truth.tolist() == [3, 3, 3, 3]
    off = predicted - np.minimum(truth, 4)
    assert found["rmse"] == pytest.approx(np.sqrt((off**2).mean()), rel=1e-5)
    assert found["mse"] == pytest.approx((off**2).mean(), rel=1e-5)
    assert found["mae"] == pytest.approx(np.abs(off).mean(), rel=1e-5)
    assert found["score"] == pytest.approx(asymmetric_score(predicted, np.minimum(truth, 4)), rel=1e-4)
    capped = Config(cap=2.0).build(data)
    found = scored(capped, "test", capped.as_outputs(predicted))
    assert found["rmse"] == pytest.approx(np.sqrt(((predicted - 2) ** 2).mean()), rel=1e-5)
    assert found["rmse_uncapped"] == pytest.approx(np.sqrt(((predicted - truth) ** 2).mean()), rel=1e-5)


def test_the_loss_is_on_the_scale_of_capped_train() -> None:
    subject = Config(cap=3.0).build(engines())
    shown = np.minimum(np.concatenate(subject.data.train.per_step), 3)
    assert subject.fitted["mean"] == pytest.approx(shown.mean())
    source = subject.source("train", 64)
    batch = source.evaluation_batch(source.arrays, jnp.int32(0))
    found = subject.loss(jnp.zeros((64, 1)), batch)
    assert float(found.total / found.count) == pytest.approx(1.0, rel=1e-4)
    assert float(found.count) == len(shown)
    poisoned = jnp.zeros((64, 1)).at[-1].set(jnp.nan)
    assert np.isfinite(jax.grad(lambda x: subject.loss(x, batch).total)(poisoned)).all()


def test_test_and_valid_change_nothing_in_training() -> None:
    data = engines()
    one = Config(window=3).build(data)
    for name in ("valid", "test"):
        other = Config(window=3).build(spoilt(data, name))
        assert other.fitted == one.fitted
        for a, b in zip(one.stretches("train"), other.stretches("train"), strict=True):
            np.testing.assert_array_equal(a, b)
    other = Config(window=3).build(spoilt(data, "test"))
    for rule in one.baselines:
        assert baselines.evaluate(rule, one, "valid") == baselines.evaluate(rule, other, "valid")
    assert Config(window=3).build(spoilt(data, "train")).fitted != one.fitted


def test_baselines_and_new_sequences() -> None:
    subject = Config(window=5).build(engines())
    assert baselines.evaluate("mean_answer", subject, "train")["rmse"] == pytest.approx(
        subject.chance()["rmse"], rel=1e-5
    )
    assert set(baselines.evaluate("ridge_summary", subject, "test")) >= {"rmse", "mae", "score"}
    new = replace(
        engines(), test=replace(engines().test, answers=np.array([np.nan, 1, 2, 3], np.float32), per_step=None)
    )
    told = subject.config.restored(subject.fitted, new, every=False)
    source = told.source("test", 4)
    batch = source.evaluation_batch(source.arrays, jnp.int32(0))
    kept = {k: np.asarray(v) for k, v in told.keep(jnp.zeros((4, 1)), batch).items()}
    rows = list(told.lines(kept))
    assert [row["truth"] for row in rows] == [None, 1.0, 2.0, 3.0]
    assert rows[0]["predicted"] == pytest.approx(subject.fitted["mean"], rel=1e-5)
    assert float(told.metrics(jnp.zeros((4, 1)), batch)["mse"].count) == 3


def test_classes_are_no_numbers() -> None:
    with pytest.raises(ConfigError, match="take classification"):
        Config().build(made())
