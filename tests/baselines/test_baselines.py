"""Naive rows against slow transcriptions and published values, without a look at the split they are scored on."""

import os
from pathlib import Path

import numpy as np
import pytest

from lstm_research import baselines
from lstm_research.baselines.music_marginal import marginal
from lstm_research.baselines.music_markov import markov
from lstm_research.baselines.music_repeat import repeat
from lstm_research.data import DataPaths
from lstm_research.data.polyphonic_music import Music
from lstm_research.tasks import adding, delayed_recall, polyphonic_music
from lstm_research.types import ConfigError

RNG = np.random.default_rng(2)


def pieces(*lengths: int) -> list[np.ndarray]:
    return [(RNG.random((n, 88)) < 0.2).astype(np.uint8) for n in lengths]


MUSIC = Music(pieces(6, 1, 9), pieces(4), pieces(5, 3), "digest")
NOWHERE = DataPaths(data_dir=None, cache_dir=Path("unused"), offline=True)


def slow(kind: str) -> float:
    """One step and one key at a time."""

    def counts() -> dict[tuple[int, int], list[float]]:
        table: dict[tuple[int, int], list[float]] = {}
        for piece in MUSIC.train:
            for t in range(len(piece)):
                for key in range(88):
                    n = table.setdefault(cell(piece, t, key), [0.5, 1.0])
                    n[0] += float(piece[t, key])
                    n[1] += 1
        return table

    def cell(piece: np.ndarray, t: int, key: int) -> tuple[int, int]:
        before = int(piece[t - 1, key]) if t else 0
        return {"marginal": (key, 0), "repeat": (0, before), "markov": (key, before)}[kind]

    table, total, steps = counts(), 0.0, 0
    for piece in MUSIC.test:
        steps += len(piece)
        for t in range(len(piece)):
            for key in range(88):
                on, n = table.get(cell(piece, t, key), [0.5, 1.0])
                total -= np.log(on / n if piece[t, key] else 1 - on / n)
    return total / steps


@pytest.mark.parametrize(("kind", "fast"), [("marginal", marginal), ("repeat", repeat), ("markov", markov)])
def test_equals_the_slow_one_and_never_looks_at_test(kind: str, fast: object) -> None:
    assert fast(MUSIC, "test") == pytest.approx(slow(kind), rel=1e-12)
    assert fast(MUSIC._replace(test=pieces(50)), "valid") == fast(MUSIC, "valid")


def test_a_key_never_heard_is_surprising_but_possible() -> None:
    silent = [np.zeros((10, 88), np.uint8)]
    music = Music(silent, silent, [np.ones((1, 88), np.uint8)], "digest")
    for fast in (marginal, repeat, markov):
        assert np.isfinite(fast(music, "test"))


def test_found_by_file_name_and_refused_by_name() -> None:
    assert {"chance", "music_marginal", "music_markov", "music_repeat"} <= set(baselines.names())
    assert baselines.evaluate("chance", adding.Config(length=10).build(NOWHERE), "test")["mse"] == pytest.approx(1 / 6)
    with pytest.raises(ConfigError, match="did you mean 'chance'"):
        baselines.evaluate("chanse", adding.Config(length=10).build(NOWHERE), "test")
    with pytest.raises(ConfigError, match="not for task 'delayed_recall'; allowed for it: chance"):
        baselines.evaluate("music_repeat", delayed_recall.Config(delay=10).build(NOWHERE), "test")
    with pytest.raises(ConfigError, match="did you mean 'test'"):
        baselines.evaluate("chance", adding.Config(length=10).build(NOWHERE), "tests")


# Test NLL as the docstrings say, and the published marginal, which scores steps 2..T of a piece.
NAIVE = {
    "jsb_chorales": (11.0602, 13.7543, 10.4770, 11.09),
    "nottingham": (10.2520, 6.8488, 5.1679, 10.26),
    "musedata": (11.5099, 9.7003, 8.5614, 11.51),
    "piano_midi": (11.0455, 9.2296, 8.2615, 11.05),
}


@pytest.mark.skipif("LSTM_RESEARCH_DATA" not in os.environ, reason="LSTM_RESEARCH_DATA is not set")
@pytest.mark.parametrize(
    "dataset", [pytest.param(name, marks=pytest.mark.slow if name == "musedata" else ()) for name in NAIVE]
)
def test_on_the_corpora(dataset: str) -> None:
    paths = DataPaths(
        data_dir=Path(os.environ["LSTM_RESEARCH_DATA"]), cache_dir=Path(os.environ["LSTM_RESEARCH_CACHE"])
    )
    config = polyphonic_music.Config(dataset=dataset)
    task = config.build(paths)
    *values, published = NAIVE[dataset]
    for name, value in zip(("music_marginal", "music_repeat", "music_markov"), values, strict=True):
        assert baselines.evaluate(name, task, "test")["nll"] == pytest.approx(value, abs=5e-5)
    assert baselines.evaluate("chance", task, "test")["nll"] == pytest.approx(88 * np.log(2))

    music = task.music
    train = np.concatenate(music.train)
    p = (train.sum(axis=0) + 0.5) / (len(train) + 1)
    later = np.concatenate([piece[1:] for piece in music.test])
    assert -np.log(np.where(later == 1, p, 1 - p)).sum(axis=1).mean() == pytest.approx(published, abs=0.006)
