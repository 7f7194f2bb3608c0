"""Forecasting: windows against slow ones, metrics by hand, splits that do not leak, heads, baselines."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from made_series import DAY, made, spoilt, task

from lstm_research import baselines
from lstm_research.data.calendar import features, prolonged
from lstm_research.data.scaling import fit_scales
from lstm_research.metrics.forecast import heads, of_split
from lstm_research.tasks.forecast import Config
from lstm_research.types import ConfigError

KEY = jax.random.key(0)


def evaluated(subject: Any, split: str, outputs: Any, batch: int) -> dict[str, float]:
    """The task's metrics of outputs [n ...] in the order of evaluation."""
    source = subject.source(split, batch)
    totals: dict[str, list[Any]] = {}
    for index in range(source.evaluation_batches):
        found = source.evaluation_batch(source.arrays, jnp.int32(index))
        rows = np.arange(index * batch, (index + 1) * batch)
        part = jnp.asarray(outputs[np.minimum(rows, len(outputs) - 1)])
        for name, one in subject.metrics(part, found).items():
            totals.setdefault(name, []).append((float(one.total), float(one.count)))
    return {name: sum(t for t, _ in found) / sum(c for _, c in found) for name, found in totals.items()}


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_windows_are_those_of_a_slow_loop(split: Any, relative: bool) -> None:
    subject = task(relative=relative, calendar=("hour",))
    origins, source = subject.origins(split), subject.source(split, 7)
    clock = [features(one.time, 5, ("hour",)) for one in subject.data.series]
    seen = 0
    for index in range(source.evaluation_batches):
        batch = source.evaluation_batch(source.arrays, jnp.int32(index))
        for row in range(int(np.sum(batch.weight))):
            number, origin = origins[seen]
            values = (subject.data.series[number].values - subject.scales.mean[number]) / subject.scales.size[number]
            last = values[origin - 1] if relative else 0.0
            np.testing.assert_allclose(
                batch.inputs[:, row, :2], values[origin - 12 : origin] - last, rtol=1e-5, atol=1e-5
            )
            np.testing.assert_allclose(
                batch.inputs[:, row, 2:], clock[number][origin - 7 : origin + 5], rtol=1e-5, atol=1e-6
            )
            np.testing.assert_allclose(
                batch.targets["values"][row], values[origin : origin + 5] - last, rtol=1e-5, atol=1e-5
            )
            seen += 1
    assert seen == len(origins) == source.windows


def test_every_window_of_a_split_lies_in_it() -> None:
    subject = task()
    for split, begin, end in (("train", None, "train"), ("valid", "train", "valid"), ("test", "valid", "test")):
        for number, origin in subject.origins(split):
            borders = subject.data.series[number].borders
            assert origin + 5 <= getattr(borders, end)
            assert origin >= (12 if begin is None else getattr(borders, begin))


def test_a_context_before_its_series_is_padding() -> None:
    subject = task(made((40, 200)), context=30)
    batch = subject.source("train", 4).evaluation_batch(subject.source("train", 4).arrays, jnp.int32(0))
    assert int(subject.origins("train")[0, 1]) == 24 - 5
    assert not batch.mask[:11, 0].any()
    assert batch.mask[11:, 0].all()
    assert not jnp.any(batch.inputs[:11, 0])


def test_training_shows_every_window_once_an_epoch() -> None:
    subject = task()
    source = subject.source("train", 11)
    epoch = 11 * source.windows  # so many windows: 11 epochs in a whole number of batches
    shown = [source.training_batch(source.arrays, KEY, jnp.int32(step)) for step in range(epoch // 11)]
    counts = np.unique(np.concatenate([np.asarray(b.inputs[-1, :, 0]) for b in shown]), return_counts=True)[1]
    assert (counts == 11).all()
    assert len(counts) == source.windows


def test_segments_are_the_same_numbers_in_fewer_steps() -> None:
    one, three = (task(segment=n).source("valid", 6) for n in (1, 3))
    a, b = (source.evaluation_batch(source.arrays, jnp.int32(0)) for source in (one, three))
    assert b.inputs.shape == (4, 6, 6)
    np.testing.assert_array_equal(np.moveaxis(a.inputs.reshape(4, 3, 6, 2), 1, 2).reshape(4, 6, 6), b.inputs)


def test_metrics_by_hand_for_any_batch_size() -> None:
    subject = task()
    truth = np.stack([subject.data.series[s].values[o : o + 5] for s, o in subject.origins("test")])
    forecast = truth + np.random.default_rng(1).standard_normal(truth.shape)
    outputs = subject.as_outputs("test", forecast)
    series = subject.origins("test")[:, 0]
    error = np.abs(forecast - truth)
    size, naive = (x[series][:, None] for x in (subject.scales.size, subject.scales.naive))
    expected = {
        "mse": ((error / size) ** 2).mean(),
        "mae": (error / size).mean(),
        "mae_raw": error.mean(),
        "smape": (200 * error / (np.abs(forecast) + np.abs(truth))).mean(),
        "mase": (error / naive).mean(),
    }
    for batch in (4, 13, 100):
        found = evaluated(subject, "test", outputs, batch)
        assert found == pytest.approx(expected, rel=1e-4)
    seasonal = [np.abs(one.values[DAY : one.borders.train] - one.values[: one.borders.train - DAY]).mean(axis=0)
                for one in subject.data.series]  # fmt: skip
    np.testing.assert_allclose(subject.scales.naive, seasonal)


def test_metrics_of_a_split_by_hand() -> None:
    truth = np.array([[[1.0, 5.0]], [[2.0, 5.0]], [[4.0, 5.0]]])
    forecast = np.array([[[1.0, 4.0]], [[3.0, 6.0]], [[5.0, 5.0]]])
    found = of_split(forecast, truth, np.ones((3, 1), bool))
    assert found["rmse_raw"] == pytest.approx(np.sqrt(4 / 6))
    assert found["rse"] == pytest.approx(np.sqrt(4 / ((truth - truth.mean()) ** 2).sum()))
    assert found["corr"] == pytest.approx(np.corrcoef(truth[:, 0, 0], forecast[:, 0, 0])[0, 1])
    hidden = of_split(forecast, truth, np.array([[True], [True], [False]]))
    assert hidden["rmse_raw"] == pytest.approx(np.sqrt(3 / 4))


@pytest.mark.parametrize("after", ["train", "valid"])
def test_what_comes_later_changes_nothing_before(after: str) -> None:
    data = made()
    one, other = task(data), task(spoilt(data, after))
    for name in ("mean", "size", "naive"):
        np.testing.assert_array_equal(getattr(one.scales, name), getattr(other.scales, name))
    sources = [subject.source("train", 9) for subject in (one, other)]
    for step in range(12):
        a, b = (source.training_batch(source.arrays, KEY, jnp.int32(step)) for source in sources)
        jax.tree.map(np.testing.assert_array_equal, a, b)
    if after == "valid":
        a, b = (
            s.source("valid", 64).evaluation_batch(s.source("valid", 64).arrays, jnp.int32(0)) for s in (one, other)
        )
        jax.tree.map(np.testing.assert_array_equal, a, b)
    # The check can fail: what is inside train does change them.
    assert not np.array_equal(fit_scales(made(seed=1)).mean, one.scales.mean)


def test_heads_say_what_they_mean() -> None:
    levels = (0.1, 0.5, 0.9)
    values = jnp.linspace(-1, 1, 6).reshape(1, 3, 2)
    gaussian, quantile = heads("gaussian", levels, "mse"), heads("quantile", levels, "mse")
    told = jnp.asarray(gaussian.outputs_of(np.asarray(values)))
    low, high = gaussian.interval(told)
    np.testing.assert_allclose(high - low, 2 * 1.2815516, rtol=1e-4)
    np.testing.assert_allclose(gaussian.loss(told, values), 0.5 * np.log(2 * np.pi), rtol=1e-4)
    parts = jnp.stack([values - 1, values, values + 2], axis=-1)
    assert float(quantile.more(parts, values)["coverage"].mean()) == 1.0
    np.testing.assert_allclose(quantile.loss(parts, values), (0.1 * 1 + 0 + 0.1 * 2) / 3, rtol=1e-5)
    np.testing.assert_allclose(quantile.loss(parts, values + 3), (0.1 * 4 + 0.5 * 3 + 0.9 * 1) / 3, rtol=1e-5)


@pytest.mark.parametrize("head", ["point", "gaussian", "quantile"])
def test_outputs_say_the_forecasts_again(head: Any) -> None:
    for relative in (False, True):
        subject = task(head=head, relative=relative)
        truth = np.stack([subject.data.series[s].values[o : o + 5] for s, o in subject.origins("valid")])
        found = evaluated(subject, "valid", subject.as_outputs("valid", truth), 16)
        assert found["mae_raw"] == pytest.approx(0, abs=1e-5)


def test_baselines_by_hand() -> None:
    subject = task()
    assert baselines.evaluate("last_value", subject, "test")["mase"] > 1
    assert baselines.evaluate("seasonal_naive", subject, "test")["mae_raw"] < 0.2
    found = baselines.evaluate("linear_ar", subject, "test")
    assert found["mse"] < baselines.evaluate("mean", subject, "test")["mse"] / 10
    line = made((100,), 1)
    np.copyto(line.series[0].values, 2.0 * np.arange(100)[:, None])
    assert baselines.evaluate("drift", task(line), "test")["mae_raw"] == pytest.approx(0, abs=1e-3)


def test_regressions_see_what_the_network_is_told_of_the_horizon() -> None:
    """A jump on days known in advance: with the column it is forecast, without it it cannot be."""
    draw = np.random.default_rng(1)
    data = made()
    flags = [(draw.random((len(one.values), 1)) < 0.2).astype(float) for one in data.series]
    series = tuple(
        replace(one, values=one.values + 5 * flag, known=flag, static=np.array([float(number)]))
        for number, (one, flag) in enumerate(zip(data.series, flags, strict=True))
    )
    told = task(replace(data, series=series))
    silent = task(replace(data, series=tuple(replace(one, known=None) for one in series)))
    seen = told.known(told.origins("test"))
    assert seen.shape == (len(told.origins("test")), 5, 2)
    np.testing.assert_array_equal(seen[3, :, 0], flags[0][told.origins("test")[3, 1] :][:5, 0])
    for name in ("linear_ar", "gradient_boosting"):
        with_it, without = (baselines.evaluate(name, one, "test")["mse"] for one in (told, silent))
        assert with_it < without / 2, name


def test_baselines_do_not_look_ahead() -> None:
    data = made()
    for name in ("last_value", "drift", "seasonal_naive", "linear_ar"):
        one, other = (baselines.evaluate(name, task(d), "valid") for d in (data, spoilt(data, "valid")))
        assert one == other, name


def test_time_goes_on_in_months_where_months_are_the_steps() -> None:
    months = np.arange("2020-01", "2020-11", dtype="datetime64[M]").astype("datetime64[s]").astype(np.int64)
    later = prolonged(months, 3)[-3:].astype("datetime64[s]").astype("datetime64[M]").astype(str)
    assert list(later) == ["2020-11", "2020-12", "2021-01"]
    assert list(prolonged(np.array([0, 60, 120]), 2)) == [0, 60, 120, 180, 240]


def test_what_cannot_be_forecast_is_said() -> None:
    with pytest.raises(ConfigError, match=r"task.horizon=60 .* no window fits into valid"):
        task(horizon=60)
    data = made()
    timeless = type(data)(tuple(type(s)(s.name, s.values, s.borders) for s in data.series), data.columns, data.targets)
    with pytest.raises(ConfigError, match="have no time"):
        task(timeless, calendar=("hour",))
    for fields, why in (
        ({"segment": 5}, "does not divide"),
        ({"quantiles": (0.9, 0.5, 0.1)}, "ascending"),
        ({"quantiles": (0.1, 0.4, 0.9)}, "the middle 0.5"),
    ):
        with pytest.raises(ValueError, match=why):
            Config(**{"context": 12, "horizon": 5, **fields}).check()


def test_new_rows_are_forecast_with_the_scales_of_the_run() -> None:
    subject = task(apart=True)
    told = subject.config.restored(subject.fitted, made(seed=5), every=False)
    np.testing.assert_array_equal(told.scales.mean, subject.scales.mean)
    assert [tuple(row) for row in told.origins("test")] == [(0, 200), (1, 200), (2, 150), (3, 150)]
    every = subject.config.restored(subject.fitted, made(seed=5), every=True)
    batch = every.source("test", 1024).evaluation_batch(every.source("test", 1024).arrays, jnp.int32(0))
    assert not bool(batch.targets["seen"][188].any())
    kept = {k: np.asarray(v) for k, v in every.keep(jnp.zeros((1024, 5)), batch).items()}
    rows = list(every.lines({k: v[: len(every.origins("test"))] for k, v in kept.items()}))
    assert rows[0]["time"] == "1970-01-01T12:00:00"
    assert rows[-1]["truth"] is None
    one = made()
    renamed = replace(one, series=tuple(replace(s, name="s9") for s in one.series))
    with pytest.raises(ConfigError, match="series 's9/c0'"):
        subject.config.restored(subject.fitted, renamed, every=False)


@pytest.mark.parametrize("segment", [1, 3])
@pytest.mark.parametrize("relative", [False, True])
def test_recursive_forecasts_are_those_of_a_slow_loop(relative: bool, segment: int) -> None:
    """The network: a weighted mean of the context, and as much further on; block by block on arrays of our own."""
    subject = task(horizon=8, block=3, relative=relative, segment=segment)
    weights = np.linspace(0.5, 1.5, 12) / 12
    source = subject.source("test", 40)
    batch = source.evaluation_batch(source.arrays, jnp.int32(0))

    def apply(shown: Any) -> Any:
        steps = jnp.moveaxis(shown.inputs.reshape(12 // segment, -1, segment, 2), 2, 1).reshape(12, -1, 2)
        mean = jnp.einsum("t,tbk->bk", jnp.asarray(weights, jnp.float32), steps)
        return (mean[:, None] * jnp.array([1.0, 2.0, 3.0]).reshape(1, 3, 1)).reshape(len(mean), -1)

    outputs = np.asarray(subject.rolled(apply, batch)).reshape(40, 8, 2)
    for row, (number, origin) in enumerate(subject.origins("test")[:40]):
        values = (subject.data.series[number].values - subject.scales.mean[number]) / subject.scales.size[number]
        history = values[:origin]
        last = history[-1].copy()
        for _ in range(3):
            level = history[-1] if relative else 0.0
            mean = weights @ (history[-12:] - level)
            history = np.concatenate([history, level + np.outer([1, 2, 3], mean)])
        expected = history[origin : origin + 8] - (last if relative else 0.0)
        np.testing.assert_allclose(outputs[row], expected, rtol=2e-4, atol=2e-4)
    assert subject.source("train", 4).training_batch(subject.source("train", 4).arrays, KEY, jnp.int32(0)).targets[
        "values"
    ].shape == (4, 3, 2)
    assert subject.spec.outputs == 6


def test_what_cannot_be_fed_back_is_said() -> None:
    for fields in ({"head": "gaussian"}, {"calendar": ("hour",)}, {"segment": 4}):
        with pytest.raises(ValueError, match="fed back as points"):
            Config(**{"context": 12, "horizon": 6, "block": 3, **fields}).check()
    seen = replace(made(), targets=(0,))
    with pytest.raises(ConfigError, match="what is seen must be forecast"):
        task(seen, block=1)
