"""Classification: what is seen, losses and metrics by hand, no leak, baselines, and what cannot be is said."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from made_labelled import made, split, spoilt

from lstm_research import baselines
from lstm_research.baselines._nearest import distances
from lstm_research.baselines._scored import scored
from lstm_research.data.channels import fit_channels
from lstm_research.data.labelled import Labelled
from lstm_research.tasks.classification import Config
from lstm_research.types import ConfigError, DataError

KEY = jax.random.key(0)


def batches(subject: Any, split: str, size: int) -> list[Any]:
    source = subject.source(split, size)
    return [source.evaluation_batch(source.arrays, jnp.int32(k)) for k in range(source.evaluation_batches)]


def test_every_sequence_is_seen_once_scaled_by_train() -> None:
    data = made()
    subject = Config().build(data)
    whole = np.concatenate(data.train.values).astype(np.float64)
    seen = 0
    for batch in batches(subject, "test", 4):
        for row in range(int(batch.weight.sum())):
            values = data.test.values[seen]
            expected = (values - whole.mean(axis=0)) / whole.std(axis=0)
            np.testing.assert_allclose(batch.inputs[: len(values), row], expected, rtol=1e-4, atol=1e-5)
            assert not batch.mask[len(values) :, row].any()
            assert int(batch.targets["answer"][row]) == data.test.answers[seen]
            seen += 1
    assert seen == 9


def test_metrics_by_hand_for_any_batch_size() -> None:
    subject = Config().build(made())
    logits = np.random.default_rng(0).standard_normal((9, 3)).astype(np.float32)
    answers = subject.data.test.answers
    right = (logits.argmax(axis=1) == answers).mean()
    found = scored(subject, "test", logits)
    assert found["accuracy"] == pytest.approx(right)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    for size in (2, 9):
        totals = [subject.loss(jnp.asarray(np.resize(logits[k * size : (k + 1) * size], (size, 3))), batch)
                  for k, batch in enumerate(batches(subject, "test", size))]  # fmt: skip
        mean = sum(float(t.total) for t in totals) / sum(float(t.count) for t in totals)
        assert mean == pytest.approx(-np.log(p[np.arange(9), answers]).mean(), rel=1e-5)


def test_balanced_weights_count_every_class_alike() -> None:
    data = made(classes=2)
    rare = replace(data.train, answers=np.array([0] * 10 + [1] * 2, np.int32))
    subject = Config(class_weights="balanced").build(replace(data, train=rare))
    source = subject.source("train", 12)
    batch = source.evaluation_batch(source.arrays, jnp.int32(0))
    logits = jnp.asarray(np.random.default_rng(0).standard_normal((12, 2)), jnp.float32)
    nll = -np.asarray(jax.nn.log_softmax(logits))[np.arange(12), rare.answers]
    found = subject.loss(logits, batch)
    expected = (nll[rare.answers == 0].mean() + nll[rare.answers == 1].mean()) / 2
    assert float(found.total / found.count) == pytest.approx(expected, rel=1e-5)
    assert subject.fitted["positive"] == 1  # the rarer one
    assert scored(subject, "train", np.asarray(logits)).keys() >= {"auroc", "auprc", "macro_f1", "accuracy"}


def test_padding_and_fillers_reach_no_loss_and_no_gradient() -> None:
    subject = Config().build(made())
    batch = batches(subject, "test", 5)[-1]
    assert float(batch.weight.sum()) == 4
    poisoned = jnp.zeros((5, 3)).at[4].set(jnp.nan)
    slope = jax.grad(lambda x: subject.loss(x, batch).total)(poisoned)
    assert np.isfinite(slope).all()
    assert float(subject.metrics(poisoned, batch)["accuracy"].count) == 4


@pytest.mark.parametrize("show", ["values", "mask", "decay"])
def test_what_is_seen_of_gaps(show: Any) -> None:
    data = made(gaps=True)
    channels = fit_channels(data.train)
    values, times = data.train.values[3].astype(np.float64), data.train.times[3]
    part = data.train
    one = Labelled(part.values[3:4], part.answers[3:4], part.times[3:4], part.static[3:4])
    (found,) = channels.seen(one, show, None)
    x = (values - channels.mean) / channels.size
    for column in range(2):
        last, since = 0.0, None
        for t in range(len(x)):
            ago = 0.0 if t == 0 else (times[t] - (times[since] if since is not None else times[0])) / channels.interval
            if not np.isnan(x[t, column]):
                last, since = x[t, column], t
            assert found[t, column] == pytest.approx(last, rel=1e-5)
            if show != "values":
                assert found[t, 3 + column] == (not np.isnan(x[t, column]))
            if show == "decay":
                assert found[t, 6 + column] == pytest.approx(ago, abs=1e-5)
    assert found.shape[1] == {"values": 3, "mask": 7, "decay": 9}[show]
    assert np.isfinite(found).all()


def test_later_values_change_nothing_seen_before() -> None:
    data = made(gaps=True)
    one = data.train
    later = tuple(np.concatenate([v[:3], v[3:] + 100]).astype(np.float32) for v in one.values)
    channels = fit_channels(one)
    for show in ("values", "mask", "decay"):
        a, b = (channels.seen(part, show, None) for part in (one, replace(one, values=later)))
        for x, y in zip(a, b, strict=True):
            np.testing.assert_array_equal(x[:3], y[:3])


def test_test_and_valid_change_nothing_in_training() -> None:
    data = made(gaps=True)
    one = Config(show="mask").build(data)
    for name in ("valid", "test"):
        other = Config(show="mask").build(spoilt(data, name))
        assert other.fitted == one.fitted
        for step in range(4):
            a, b = (
                s.source("train", 5).training_batch(s.source("train", 5).arrays, KEY, jnp.int32(step))
                for s in (one, other)
            )
            jax.tree.map(np.testing.assert_array_equal, a, b)
    tested = Config(show="mask").build(spoilt(data, "test"))
    assert baselines.evaluate("logistic", one, "valid") == baselines.evaluate("logistic", tested, "valid")
    # The check can fail: train does change them.
    assert Config(show="mask").build(spoilt(data, "train")).fitted != one.fitted


def test_training_in_buckets_shows_every_sequence_once_an_epoch() -> None:
    subject = Config(bucket_waste=0.1).build(made())
    source = subject.source("train", 3)
    assert source.padding < subject.source("train", 12).padding_unbucketed
    names = []
    for step in range(source.buckets[0].per_epoch):
        bucket = source.buckets[int(source.bucket(KEY, jnp.int32(step)))]
        batch = bucket.training_batch(source.arrays, KEY, jnp.int32(step))
        names += np.asarray(batch.inputs[0, np.asarray(batch.weight) > 0, 0]).tolist()
    assert len(set(names)) == len(names) == 12


def test_baselines_know_what_is_easy() -> None:
    subject = Config().build(made())
    found = {name: baselines.evaluate(name, subject, "test") for name in subject.baselines}
    assert found["majority"]["accuracy"] == pytest.approx(1 / 3)
    for name in ("logistic", "nearest_mean", "nearest_euclid", "nearest_dtw"):
        assert found[name]["accuracy"] == 1.0, name
    assert "nearest_dtw" not in Config(show="values").build(made(gaps=True)).baselines


def test_nearest_means_are_those_of_a_slow_loop() -> None:
    data = made()
    answers = np.random.default_rng(0).permutation(data.train.answers)
    subject = Config().build(replace(data, train=replace(data.train, answers=answers)))
    train, test = ([one.mean(axis=0) for one in subject.seen(split)] for split in ("train", "test"))
    nearest = [min(range(len(train)), key=lambda k: ((train[k] - one) ** 2).sum()) for one in test]
    right = np.mean([answers[k] == answer for k, answer in zip(nearest, data.test.answers, strict=True)])
    found = baselines.evaluate("nearest_mean", subject, "test")["accuracy"]
    assert found == pytest.approx(right)
    assert found < 1
    with_gaps = Config(show="mask").build(made(gaps=True))
    assert np.isfinite(baselines.evaluate("nearest_mean", with_gaps, "test")["accuracy"])


def test_warped_distances_are_those_of_a_slow_loop() -> None:
    random = np.random.default_rng(0)
    a, b = random.standard_normal((3, 7, 2)).astype(np.float32), random.standard_normal((4, 7, 2)).astype(np.float32)

    def slow(x: np.ndarray, y: np.ndarray, width: int) -> float:
        cost = np.full((8, 8), np.inf)
        cost[0, 0] = 0
        for i in range(1, 8):
            for j in range(max(1, i - width), min(7, i + width) + 1):
                least = min(cost[i - 1, j], cost[i, j - 1], cost[i - 1, j - 1])
                cost[i, j] = ((x[i - 1] - y[j - 1]) ** 2).sum() + least
        return float(cost[7, 7])

    for width in (0, 1, 3, 7):
        expected = [[slow(x, y, width) for y in b] for x in a]
        np.testing.assert_allclose(distances(a, b, width), expected, rtol=1e-5)
    np.testing.assert_allclose(distances(a, b, 0), ((a[:, None] - b[None]) ** 2).sum(axis=(2, 3)), rtol=1e-5)


def test_new_sequences_are_classified_with_the_scales_of_the_run() -> None:
    subject = Config().build(made())
    new = replace(made(), test=replace(split(4, 9), answers=np.array([0, -1, 1, 2], np.int32), names=()))
    told = subject.config.restored(subject.fitted, new, every=False)
    np.testing.assert_array_equal(told.channels.mean, subject.channels.mean)
    (batch,) = batches(told, "test", 4)
    kept = {k: np.asarray(v) for k, v in told.keep(jnp.eye(4, 3) * 9, batch).items()}
    rows = list(told.lines(kept))
    assert [row["class"] for row in rows[:3]] == ["x", "y", "z"]
    assert [row["truth"] for row in rows] == ["x", None, "y", "z"]
    # Right, unknown, right, wrong.
    outputs = jnp.asarray([[9.0, 0, 0], [9, 0, 0], [0, 9, 0], [9, 0, 0]])
    assert [float(x) for x in told.metrics(outputs, batch)["accuracy"]] == [2, 3]
    assert float(told.loss(outputs, batch).count) == 3
    assert rows[0]["p x"] > 0.99
    assert np.isfinite(told.whole(kept)["macro_f1"])


def test_what_cannot_be_is_said() -> None:
    for fields, gaps, why in (
        ({"show": "mask"}, False, "no value is missing in these data"),
        ({}, True, "values are missing .* for example show=mask"),
        ({"positive": "w"}, False, "class 'w' is not known; allowed: x, y, z"),
        ({"select": "auroc"}, False, "needs two classes, and there are 3"),
    ):
        with pytest.raises(ConfigError, match=why):
            Config(**fields).build(made(gaps=gaps))
    with pytest.raises(ConfigError, match="these data have numbers"):
        Config().build(replace(made(), classes=()))
    wrong = replace(made(), test=replace(made().test, answers=np.full(9, 3, np.int32)))
    with pytest.raises(DataError, match="test, sequence 1: class 3, of 3 classes"):
        Config().build(wrong).source("test", 2)
