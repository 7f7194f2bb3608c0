"""Anomalies: alarms by hand, a threshold from validation alone, metrics of windows, no leak."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from made_series import made, spoilt

from lstm_research import baselines
from lstm_research.data.series import SeriesSet
from lstm_research.tasks.anomaly import Anomaly, Config
from lstm_research.types import ConfigError

WINDOWS = ((170, 174), (185, 190))


def labelled() -> SeriesSet:
    data = made((200,), 1)
    return replace(data, series=(replace(data.series[0], anomalies=WINDOWS),))


def kept(subject: Anomaly, errors: dict[int, float]) -> dict[str, Any]:
    """What is kept of test by forecasts that are off by so much at these origins."""
    origins, parts = subject.origins("test")[:, 1], []
    source = subject.source("test", 32)
    for index in range(source.evaluation_batches):
        batch = source.evaluation_batch(source.arrays, jnp.int32(index))
        off = jnp.asarray([errors.get(int(o), 0.0) for o in np.asarray(batch.targets["origin"])], jnp.float32)
        outputs = batch.targets["values"][:, 0] + off[:, None]
        part = {name: np.asarray(x) for name, x in subject.keep(outputs, batch).items()}
        parts.append({name: x[np.asarray(batch.weight) > 0] for name, x in part.items()})
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    assert len(found["error"]) == len(origins)
    return found


def test_test_shows_validation_first_and_scores_its_own_steps_alone() -> None:
    subject = Config(context=12).build(labelled())
    borders = subject.data.series[0].borders
    assert subject.origins("test")[0, 1] == borders.train
    assert subject.origins("test")[-1, 1] == borders.test - 1
    found = kept(subject, {})
    assert found["scored"].sum() == borders.test - borders.valid
    source = subject.source("test", 64)
    batch = source.evaluation_batch(source.arrays, jnp.int32(0))
    zeros = jnp.zeros((64, 1))
    counted = subject.metrics(zeros, batch)["mse"].count
    assert float(counted) == 64 - (borders.valid - borders.train) == float(subject.loss(zeros, batch).count)


def test_metrics_by_hand() -> None:
    subject = Config(context=12, false_alarms=0.2).build(labelled())
    borders = subject.data.series[0].borders
    assert borders.valid <= 170
    quiet = {origin: 0.1 * (origin - borders.train) for origin in range(borders.train, borders.valid)}
    threshold = np.quantile(list(quiet.values()), 0.8, method="higher")
    # One alarm in the first window, none in the second, two outside.
    off = quiet | {171: 50.0, 186: threshold * 0.99, 180: 40.0, 195: 30.0}
    found = subject.whole(kept(subject, off))
    assert found["recall"] == 0.5
    assert found["precision"] == pytest.approx(1 / 3)
    assert found["f1"] == pytest.approx(0.4)
    assert 0.5 < found["auroc"] < 1
    rows = list(subject.lines(kept(subject, off)))
    assert len(rows) == borders.test - borders.valid
    assert [row["origin"] for row in rows if row["alarm"]] == [171, 180, 195]
    # A lower share of false alarms is a higher threshold.
    rare = Config(context=12, false_alarms=0.01).build(labelled())
    low = subject.whole(kept(subject, quiet | {171: threshold * 1.01}))
    assert (low["recall"], rare.whole(kept(rare, quiet | {171: threshold * 1.01}))["recall"]) == (0.5, 0.0)
    assert rare.whole(kept(rare, {}))["f1"] == 0.0


def test_later_values_move_no_earlier_batch_and_no_threshold() -> None:
    data = labelled()
    one, other = (Config(context=12).build(d) for d in (data, spoilt(data, "valid")))
    assert one.fitted == other.fitted
    for split, name in (("train", "training_batch"), ("valid", "evaluation_batch")):
        for step in range(2):
            key = (jax.random.key(0),) if name == "training_batch" else ()
            a, b = (
                getattr(s.source(split, 16), name)(s.source(split, 16).arrays, *key, jnp.int32(step))
                for s in (one, other)
            )
            jax.tree.map(np.testing.assert_array_equal, a, b)


def test_baselines_are_forecasts_too() -> None:
    subject = Config(context=12).build(labelled())
    for name in subject.baselines:
        assert set(baselines.evaluate(name, subject, "test")) >= {"mse", "precision", "recall", "auroc"}, name


def test_without_labels_there_is_nothing_to_test_on() -> None:
    with pytest.raises(ConfigError, match=r"these data have none; .* data.kind=nab"):
        Config(context=12).build(made())
