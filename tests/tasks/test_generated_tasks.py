"""Generated tasks: each example is solved again by a slow reader of the sequence, written from the task's docstring."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import slow_languages

from lstm_research.tasks import (
    adding,
    copy_memory,
    delayed_recall,
    formal_language,
    multiplication,
    selective_copy,
    temporal_order,
)
from lstm_research.tasks.languages import language

CONFIGS = {
    "adding": adding.Config(length=9, n_valid=70, n_test=65),
    "adding_shortest": adding.Config(length=2, n_valid=70, n_test=65),
    "delayed_recall": delayed_recall.Config(delay=5, symbols=4, distractors=3, n_valid=70, n_test=65),
    "delayed_recall_at_once": delayed_recall.Config(delay=0, n_valid=70, n_test=65),
    "temporal_order_6a": temporal_order.Config(n_valid=70, n_test=65),
    "temporal_order_6b": temporal_order.Config(variant="6b", length=30, n_valid=70, n_test=65),
    "copy_memory": copy_memory.Config(delay=4, items=3, n_valid=70, n_test=65),
    "copy_memory_held": copy_memory.Config(delay=1, items=2, mark="held", n_valid=70, n_test=65),
    "selective_copy": selective_copy.Config(length=7, items=3, symbols=5, n_valid=70, n_test=65),
    "selective_copy_full": selective_copy.Config(length=4, items=4, n_valid=70, n_test=65),
    "multiplication": multiplication.Config(length=20, n_valid=70, n_test=65),
    "multiplication_shortest": multiplication.Config(length=12, n_valid=70, n_test=65),
    "formal_parity": formal_language.Config(language="parity", n_valid=70, n_test=65, tested=13),
    "formal_reverse": formal_language.Config(
        language="reverse", train_lengths=(1, 9), test_lengths=(10, 14), n_valid=70, n_test=65
    ),
    "formal_reber": formal_language.Config(language="reber", test_lengths=(41, 60), n_valid=70, n_test=65, tested=5),
}

VARIANTS = ("_shortest", "_at_once", "6a", "_held", "_full", "_parity", "_reber")
ONE_OF_A_KIND = [pytest.param(name, marks=pytest.mark.slow if name.endswith(VARIANTS) else ()) for name in CONFIGS]
"""A variant is laid out by the same code as its kind: slow where only layout is looked at."""


def read_adding(config: Any, x: np.ndarray) -> Any:
    values, marks = x.T
    marked = np.flatnonzero(marks)
    assert set(marks.tolist()) <= {0.0, 1.0}
    assert len(marked) == 2
    assert len(x) == config.length
    assert marked[0] < config.length // 2 <= marked[1]
    assert (values >= 0).all()
    assert (values < 1).all()
    return np.float32(values[marked[0]]) + np.float32(values[marked[1]])


def read_recall(config: Any, x: np.ndarray) -> Any:
    symbol, *noise, cue = x.tolist()
    assert len(noise) == config.delay
    assert cue == config.symbols + config.distractors
    assert all(config.symbols <= token < cue for token in noise)
    assert 0 <= symbol < config.symbols
    return symbol


def read_order(config: Any, x: np.ndarray) -> Any:
    text = "".join("abcdXYBE"[token] for token in x)
    assert text[0] == "E"
    assert text[-1] == "B"
    assert text.count("E") == text.count("B") == 1
    assert config.length <= len(text) <= config.length * 1.1
    found = [(place, symbol) for place, symbol in enumerate(text) if symbol in "XY"]
    bounds = {"6a": [(10, 20), (50, 60)], "6b": [(10, 20), (33, 43), (66, 76)]}[config.variant]
    assert len(found) == len(bounds)
    for (place, _), (low, high) in zip(found, bounds, strict=True):
        assert low * config.length // 100 <= place <= high * config.length // 100
    order = "".join(symbol for _, symbol in found)
    return (
        ["XX", "XY", "YX", "YY"].index(order) if len(order) == 2 else int(order.replace("X", "0").replace("Y", "1"), 2)
    )


def read_copy(config: Any, x: np.ndarray) -> Any:
    shown = x[: config.items].tolist()
    rest = [0] * (config.delay - 1) + [9] + [9 if config.mark == "held" else 0] * config.items
    assert x[config.items :].tolist() == rest
    assert all(1 <= symbol <= 8 for symbol in shown)
    return [0] * (config.delay + config.items) + shown


def read_selective(config: Any, x: np.ndarray) -> Any:
    shown, marks = x[: config.length].tolist(), x[config.length :].tolist()
    assert marks == [config.symbols + 1] * config.items
    symbols = [token for token in shown if token]
    assert len(symbols) == config.items
    assert all(1 <= symbol <= config.symbols for symbol in symbols)
    return [0] * config.length + symbols


def read_multiplication(config: Any, x: np.ndarray) -> Any:
    values, marks = x.T
    assert config.length <= len(x) <= config.length * 1.1
    first, second = np.flatnonzero(marks == 1)
    assert first < 10
    assert second <= 10 or second < config.length // 2
    assert marks[-1] == -1
    assert marks[0] == (1 if first == 0 else -1)
    assert (values[0] == 1) == (first == 0)
    assert not marks[[n for n in range(1, len(x) - 1) if n not in (first, second)]].any()
    return np.float32(values[first]) * np.float32(values[second])


def read_formal(config: Any, x: np.ndarray) -> Any:
    formal = language(config.language)
    answers = slow_languages.READERS[config.language]("".join(formal.symbols[token] for token in x))

    def number(answer: str) -> int:
        if answer == ".":
            return -1
        places = [formal.answers.index(symbol) for symbol in answer]
        return sum(1 << place for place in places) if formal.sets else places[0]

    longest = config.test_lengths[1] * (2 if config.language == "reverse" else 1)
    return [*map(number, answers)] + [-1] * (longest - len(answers))


READERS: dict[str, Callable[[Any, np.ndarray], Any]] = {
    "adding": read_adding,
    "delayed": read_recall,
    "temporal": read_order,
    "copy": read_copy,
    "selective": read_selective,
    "multiplication": read_multiplication,
    "formal": read_formal,
}


def examples(name: str, batch: int, split: str = "test") -> list[tuple[np.ndarray, np.ndarray]]:
    """Each evaluation example: its valid inputs, and its target."""
    task = CONFIGS[name].build(None)
    source = task.source(split, batch)
    make = jax.jit(source.evaluation_batch)
    found = []
    for index in range(source.evaluation_batches):
        b = jax.device_get(make(source.arrays, jnp.int32(index)))
        targets = b.targets.swapaxes(0, 1) if task.spec.per_step else b.targets
        assert not b.mask[:, b.weight == 0].any()
        assert not b.reset.any()
        found += [(b.inputs[b.mask[:, i], i], targets[i]) for i in range(batch) if b.weight[i]]
    return found


@pytest.mark.parametrize("name", CONFIGS)
def test_examples_have_the_answer_a_slow_reader_finds(name: str) -> None:
    read = READERS[name.split("_")[0]]
    for inputs, target in examples(name, 64):
        np.testing.assert_array_equal(read(CONFIGS[name], inputs), target)


@pytest.mark.parametrize("name", ONE_OF_A_KIND)
def test_the_fixed_set_does_not_depend_on_the_batch(name: str) -> None:
    reference = examples(name, 64)
    assert len(reference) == CONFIGS[name].n_test
    for batch in (1, 7, 65):
        for (x, y), (x0, y0) in zip(examples(name, batch), reference, strict=True):
            np.testing.assert_array_equal(x, x0)
            np.testing.assert_array_equal(y, y0)
    assert len(examples(name, 64, "valid")) == CONFIGS[name].n_valid


def test_splits_and_training_share_nothing() -> None:
    """With 9 random values in an example, an equal one would be the same one."""
    source = CONFIGS["adding"].build(None).source("train", 8)
    train = [source.training_batch({}, jax.random.key(s), jnp.int32(i)).inputs for s in (0, 1) for i in (0, 1)]
    seen = [np.asarray(x).swapaxes(0, 1) for x in train]
    seen += [np.stack([x for x, _ in examples("adding", 64, split)]) for split in ("train", "valid", "test")]
    rows = np.concatenate(seen)
    assert len(np.unique(rows[..., 0], axis=0)) == len(rows)


@pytest.mark.parametrize("name", ONE_OF_A_KIND)
def test_training_batches_are_pure_and_compile_once(name: str) -> None:
    source = CONFIGS[name].build(None).source("train", 5)
    make = jax.jit(source.training_batch)
    key = jax.random.key(3)
    one, again, other = (make({}, key, jnp.int32(step)) for step in (4, 4, 5))
    assert make._cache_size() == 1
    assert all((a == b).all() for a, b in zip(one, again, strict=True))
    assert not (one.inputs == other.inputs).all()
    mapped = jax.lax.map(lambda step: source.training_batch({}, key, step), jnp.arange(4, 6, dtype=jnp.int32))
    assert (mapped.inputs == jnp.stack([one.inputs, other.inputs])).all()
    wider = CONFIGS[name].build(None).source("train", 9).training_batch({}, key, jnp.int32(4))
    assert (wider.inputs[:, :5] == one.inputs).all()


@pytest.mark.parametrize(
    "name",
    [
        "adding",
        "delayed_recall",
        "temporal_order_6a",
        "temporal_order_6b",
        "copy_memory",
        "selective_copy",
        "multiplication",
    ],
)
def test_chance_is_what_a_blind_answer_scores(name: str) -> None:
    """Fixed outputs that know nothing, scored on many examples, come within four standard errors of `chance`."""
    task = CONFIGS[name].build(None)
    source = task.source("train", 4000)
    batch = source.training_batch({}, jax.random.key(0), jnp.int32(0))
    if name == "adding":
        blind = jnp.ones((4000, 1))
    elif name == "multiplication":
        q = 0.1 + 0.9 / 9
        errors = [task.metrics(jnp.full((4000, 1), x), batch) for x in (q / 2 + (1 - q) / 4, 0.04)]
        assert abs(float(errors[0]["mse"].mean()) - task.chance()["mse"]) < 4 * 0.06 / 4000**0.5
        assert abs(float(errors[1]["accuracy"].mean()) - task.chance()["accuracy"]) < 4 * 0.5 / 4000**0.5
        return
    elif name == "selective_copy":
        blind = jnp.zeros((10, 4000, 5))
    elif name == "copy_memory":
        waits = jnp.where(jnp.arange(10) == 0, 40.0, 0.0)
        recalls = jnp.where((jnp.arange(10) >= 1) & (jnp.arange(10) <= 8), 40.0, 0.0)
        asked = (jnp.arange(10) >= 7)[:, None, None]
        blind = jnp.broadcast_to(jnp.where(asked, recalls[None, None, :], waits[None, None, :]), (10, 4000, 10))
    else:
        blind = jnp.zeros((4000, task.spec.outputs))
    found = {metric: float(value.mean()) for metric, value in task.metrics(blind, batch).items()}
    assert found.keys() == task.chance().keys()
    assert task.spec.select in found
    for metric, value in task.chance().items():
        spread = {"accuracy": 0.5, "exact": 0.5, "mse": 0.2}.get(metric, 1e-4)
        assert abs(found[metric] - value) < 4 * spread / 4000**0.5, metric


def test_temporal_order_places_never_meet() -> None:
    """For every length that the config accepts."""
    for variant, places in temporal_order.PLACES.items():
        for length in range(10, 400):
            bounds = [(low * length // 100, high * length // 100) for low, high in places]
            flat = [0, *(edge for pair in bounds for edge in pair), length - 1]
            assert all(a < b for a, b in zip(flat[::2], flat[1::2], strict=True)), (variant, length)
