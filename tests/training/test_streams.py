"""A run whose data stream is the run whose data lie on the device, to the last bit; cut where one likes."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import tiny_runs as tiny

from lstm_research.config.schema import ExecutionConfig
from lstm_research.config.traced import split
from lstm_research.data.labelled import Labelled, LabelledSet
from lstm_research.data.series import Borders, Series, SeriesSet
from lstm_research.launch.streaming import streaming_told
from lstm_research.tasks import anomaly, classification, forecast
from lstm_research.training import chunks, feed
from lstm_research.training.feed import Feed
from lstm_research.training.population import Population
from lstm_research.types import ResourceError

SEEDS = [4, 5, 6]


def classes() -> LabelledSet:
    """23 sequences of 1 to 9 steps, with gaps."""
    random = np.random.default_rng(0)

    def part(number: int) -> Labelled:
        values = [random.standard_normal((t, 2)).astype(np.float32) for t in random.integers(1, 10, number)]
        for one in values:
            one[random.random(one.shape) < 0.3] = np.nan
        return Labelled(tuple(values), (np.arange(number) % 2).astype(np.int32))

    return LabelledSet(part(11), part(5), part(7), channels=("a", "b"), classes=("x", "y"), gaps=True)


def series() -> SeriesSet:
    """Two series of different lengths, with labelled windows."""
    random = np.random.default_rng(1)
    made = [
        Series(f"s{number}", random.standard_normal((t, 2)), Borders(t // 2, 3 * t // 4, t), 3600 * np.arange(t),
               known=random.standard_normal((t, 1)), static=np.array([float(number)]), anomalies=((t - 5, t - 3),))
        for number, t in enumerate((60, 90))
    ]  # fmt: skip
    return SeriesSet(tuple(made), ("c0", "c1"), (0,), 4)


WINDOWS: dict[str, Any] = {"context": 6, "horizon": 3}
TASKS = {
    "classes": lambda: classification.Config(show="mask").build(classes()),
    "buckets": lambda: classification.Config(show="decay", bucket_waste=0.2).build(classes()),
    "forecast": lambda: forecast.Config(**WINDOWS, relative=True, segment=3, calendar=("hour",)).build(series()),
    "anomaly": lambda: anomaly.Config(context=4).build(series()),
    "pieces": lambda: tiny.NotesConfig(window=None, bucket_waste=0.3).build(None),
    "stream": lambda: tiny.NotesConfig().build(None),
}
FAST = [("buckets", "map"), ("forecast", "sharded_map"), ("stream", "map")]


def population(task: Any, data: str, layout: str = "map", seeds: list[int] = SEEDS, quick: bool = True) -> Population:
    model = {"cell": {"kind": "rnn", "hidden": 3} if quick else {"kind": "lstm", "hidden": 4}}
    rule = {"kind": "sgd", "learning_rate": 0.1} if quick else {"kind": "adam", "learning_rate": 0.01}
    execution = {"eval_batch": 2, "data": data}
    run = tiny.config(model=model, optimizer=rule, training={"batch": 3}, execution=execution)
    static, scalars = split(run)
    kind = replace(tiny.LAYOUTS[layout], devices=min(tiny.LAYOUTS[layout].devices, len(seeds)))
    return Population(static, [scalars] * len(seeds), seeds, task, kind)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one to a few batches."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 4000)


def law_streams_are_the_same_bits(task: Any, layout: str, quick: bool = True) -> None:
    """After dispatches that do and do not end with a chunk; and in evaluation."""
    placed, streamed = (population(task, data, layout, quick=quick) for data in ("device", "stream"))
    one, other = placed.init(), streamed.init()
    for steps in (5, 1, 6):
        one, other = placed.train(one, steps), streamed.train(other, steps)
        if layout.endswith("vmap"):
            # Under `vmap` sums depend on what they are fused with; nothing else does.
            np.testing.assert_allclose(jax.device_get(one.loss.total), jax.device_get(other.loss.total), rtol=1e-6)
            other = other._replace(loss=one.loss)
        assert tiny.same(jax.device_get(one), jax.device_get(other))
    for name in ("valid",) if quick else ("train", "valid", "test"):
        for found, expected in zip(streamed.examine(other.params, name), placed.examine(one.params, name), strict=True):
            assert found[0] == expected[0]
            assert tiny.same(found[1], expected[1])


@pytest.mark.parametrize(
    ("name", "layout"),
    FAST
    + [
        pytest.param(name, layout, marks=pytest.mark.slow)
        for name in TASKS
        for layout in tiny.LAYOUTS
        if (name, layout) not in FAST and not (name in ("buckets", "pieces") and layout.endswith("vmap"))
    ],
)
def test_streams_are_the_same_bits(name: str, layout: str) -> None:
    law_streams_are_the_same_bits(TASKS[name](), layout, quick=(name, layout) in FAST)


def test_the_law_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the batches of the step before; a test of the test."""
    honest = feed._pick
    monkeypatch.setattr(feed, "_pick", lambda source, arrays, key, step: honest(source, arrays, key, step + 1))
    with pytest.raises(AssertionError):
        law_streams_are_the_same_bits(TASKS["classes"](), "map")


def test_a_run_that_was_cut_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    """Each sitting has a feed of its own, which knows nothing but the step; chunks of another size are the same."""
    task = TASKS["classes"]()
    whole = tiny.finish(population(task, "device", seeds=SEEDS[:2]), tmp_path / "device")
    cut = population(task, "stream", seeds=SEEDS[:2])
    assert tiny.finish(cut, tmp_path / "whole") == whole
    assert tiny.sit(cut, tmp_path / "cut", 1) == 4
    del cut.__dict__["_feed"]
    assert tiny.sit(cut, tmp_path / "cut", 1) == 8
    assert tiny.finish(population(task, "stream", seeds=SEEDS[:2]), tmp_path / "cut") == whole


def test_grains_state_is_the_step() -> None:
    """From any chunk on, in any order; and what Grain says of where it is, is the chunk."""
    made: list[int] = []

    def make(index: int) -> dict[str, Any]:
        made.append(index)
        return {"number": np.full(2, index)}

    one = Feed(make, 20, 3, lambda chunk: chunk)
    assert [(int(one.at(step)[0]["number"][0]), one.at(step)[1]) for step in (0, 2, 3, 8, 19)] == [
        (0, 3), (0, 1), (1, 3), (2, 1), (6, 2),
    ]  # fmt: skip
    again = Feed(make, 20, 3, lambda chunk: chunk)
    again.at(12)
    assert again._iterator.get_state() == {"next_index": 5}
    again._iterator.set_state({"next_index": 2})
    assert int(next(again._iterator)["number"][0]) == 2
    # Bounded: what is read ahead is no more than it may.
    assert len(made) <= 7 + 5 + 4 * feed.AHEAD
    one.close()
    again.close()


def test_auto_streams_what_is_larger_than_the_bound() -> None:
    source = TASKS["forecast"]().source("train", 3)
    size = chunks.size_of(source) / 2**30
    for data, bound, expected in (
        ("auto", 4.0, False), ("auto", size, False), ("auto", 0.99 * size, True), ("device", 0.0, False),
        ("stream", 4.0, True),
    ):  # fmt: skip
        assert chunks.streams(ExecutionConfig(data=data, device_data_gib=bound), source) == expected
    generated = tiny.config().task.build(None).source("train", 3)
    assert not chunks.streams(ExecutionConfig(data="stream"), generated)


def test_what_streams_is_told() -> None:
    run = tiny.config(execution={"data": "stream"})
    source = TASKS["forecast"]().source("train", 3)
    told = streaming_told(run, 2, {"train": source, "valid": source})
    assert (
        told == "train streams: 0.0 MiB, of which 0.0 MiB are held, valid streams: 0.0 MiB, of which 0.0 MiB are held"
    )
    assert streaming_told(tiny.config(), 2, {"train": source}) == ""


def test_without_grain(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the device nothing asks for it."""
    monkeypatch.setitem(sys.modules, "grain", None)
    task = TASKS["classes"]()
    with pytest.raises(ResourceError, match=r"execution\.data: .* grain.*pip install 'lstm_research\[stream\]'"):
        _ = population(task, "stream")._feed
    _ = population(task, "device", seeds=[0]).source("valid")
