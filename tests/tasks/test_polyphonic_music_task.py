"""The music task: one NLL for every way of batching, and the published way of counting it."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_research.data.paths import DataPaths
from lstm_research.data.polyphonic_music import Music
from lstm_research.tasks.polyphonic_music import Config, PolyphonicMusic
from lstm_research.tasks.source.bucketed import buckets_of
from lstm_research.types import ConfigError

RNG = np.random.default_rng(1)
PIECES = [(RNG.random((n, 88)) < 0.1).astype(np.uint8) for n in (9, 1, 30, 4, 17, 2, 2, 12, 5, 40)]
MUSIC = Music(PIECES, PIECES[::-1], PIECES[2:7], "digest of the data")
WEIGHT = RNG.normal(size=(88, 88)).astype(np.float32) * 0.1
BIAS = np.float32(-2.0)


def total(task: PolyphonicMusic, split: Any, batch: int) -> tuple[float, int]:
    """NLL and steps of a model without memory, whose logits are a matrix times the input."""
    source = task.source(split, batch)

    @partial(jax.jit, static_argnums=0)
    def one(part: Any, arrays: Any, index: Any) -> Any:
        b = part.evaluation_batch(arrays, index)
        return task.metrics(b.inputs @ WEIGHT + BIAS, b)["nll"]

    sums = [
        one(part, source.arrays, jnp.int32(i)) for part in buckets_of(source) for i in range(part.evaluation_batches)
    ]
    return sum(float(s.total) for s in sums), sum(int(s.count) for s in sums)


def slow(pieces: list[np.ndarray]) -> float:
    """The definition, in float64, a key at a time."""
    nll = 0.0
    for piece in pieces:
        before = np.zeros(88)
        for step in piece:
            p = 1 / (1 + np.exp(-(before @ WEIGHT.astype(np.float64) + BIAS)))
            nll -= np.log(np.where(step == 1, p, 1 - p)).sum()
            before = step.astype(np.float64)
    return nll


@pytest.mark.parametrize(("window", "waste"), [(None, None), (None, 0.1), (1, None), (7, None), (64, None)])
@pytest.mark.parametrize("batch", [1, 7, 64])
def test_nll_is_the_slow_one_whatever_the_batch_and_window(window: int | None, waste: float | None, batch: int) -> None:
    task = PolyphonicMusic(Config(dataset="jsb_chorales", window=window, bucket_waste=waste), MUSIC)
    for split in ("train", "valid", "test"):
        pieces = getattr(MUSIC, split)
        found, count = total(task, split, batch)
        assert count == sum(map(len, pieces))
        np.testing.assert_allclose(found, slow(pieces), rtol=1e-5)


def test_a_stream_has_no_buckets() -> None:
    with pytest.raises(ConfigError, match=r"task\.bucket_waste=0\.1 and task\.window=7: .* leave one of the two out"):
        Config(dataset="jsb_chorales", window=7, bucket_waste=0.1).build(DataPaths(data_dir=None, cache_dir=Path()))


def test_inputs_never_show_what_is_asked() -> None:
    """Changing a piece from step k on leaves every input up to and including step k as it was."""
    changed = [piece.copy() for piece in PIECES]
    changed[4][8:] ^= 1
    for window in (None, 50):
        sources = [
            PolyphonicMusic(Config(dataset="jsb_chorales", window=window), MUSIC._replace(test=pieces)).source(
                "test", 10
            )
            for pieces in (PIECES, changed)
        ]
        batches = [jax.device_get(s.evaluation_batch(s.arrays, jnp.int32(0))) for s in sources]
        differs = (batches[0].inputs != batches[1].inputs).any(axis=-1)
        asked = (batches[0].targets != batches[1].targets).any(axis=-1)
        (row,) = np.flatnonzero(asked.any(axis=0))
        assert differs[:, row].sum() == 8
        assert np.flatnonzero(differs[:, row])[0] == np.flatnonzero(asked[:, row])[0] + 1
        assert not np.delete(differs, row, axis=1).any()


@pytest.mark.skipif("LSTM_RESEARCH_DATA" not in os.environ, reason="LSTM_RESEARCH_DATA is not set")
@pytest.mark.parametrize(("window", "waste"), [(None, None), (None, 0.15), (100, None)])
def test_jsb_counts_for_every_batch(window: int | None, waste: float | None) -> None:
    paths = DataPaths(
        data_dir=Path(os.environ["LSTM_RESEARCH_DATA"]), cache_dir=Path(os.environ["LSTM_RESEARCH_CACHE"])
    )
    task = Config(dataset="jsb_chorales", window=window, bucket_waste=waste).build(paths)
    assert task.digest == task.music.digest != ""
    found = {batch: total(task, "test", batch) for batch in (1, 7, 64, 77)}
    assert {count for _, count in found.values()} == {4725}
    np.testing.assert_allclose([nll for nll, _ in found.values()], slow(task.music.test), rtol=1e-5)
