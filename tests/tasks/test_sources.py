"""`Padded` and `Stream`: every step of every sequence once, beside the step before it, with resets where due."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_research.tasks.source.corpus import corpus
from lstm_research.tasks.source.order import _divmod_product
from lstm_research.tasks.source.padded import Padded
from lstm_research.tasks.source.stream import Stream

LENGTHS = [5, 1, 13, 2, 8, 1, 21, 3, 9]
ENDS = np.cumsum(LENGTHS)
STEPS = int(ENDS[-1])
# Step n of the whole corpus, counted from 1, holds the number n: whatever a batch shows can be recognised.
SEQUENCES = [np.arange(end - n + 1, end + 1, dtype=np.uint8)[:, None] for end, n in zip(ENDS, LENGTHS, strict=True)]
FIRST = {int(sequence[0, 0]) for sequence in SEQUENCES}


def check_steps(batch: Any) -> list[int]:
    """The steps of a batch, after checking that each stands beside the one before it, and that padding is zero."""
    mask, targets, inputs = batch.mask, batch.targets[..., 0], batch.inputs[..., 0]
    assert (targets[~mask] == 0).all()
    assert (inputs[~mask] == 0).all()
    assert not batch.reset[~mask].any()
    for target, given in zip(targets[mask], inputs[mask], strict=True):
        assert given == (0 if target in FIRST else target - 1)
    return targets[mask].astype(int).tolist()


def all_steps(batches: list[Any]) -> list[int]:
    return [step for batch in batches for step in check_steps(batch)]


def training(source: Any, steps: range, seed: int = 0) -> list[Any]:
    make = jax.jit(source.training_batch)
    batches = [jax.device_get(make(source.arrays, jax.random.key(seed), jnp.int32(step))) for step in steps]
    assert make._cache_size() == 1
    return batches


def evaluation(source: Any) -> list[Any]:
    make = jax.jit(source.evaluation_batch)
    return [jax.device_get(make(source.arrays, jnp.int32(i))) for i in range(source.evaluation_batches)]


@pytest.mark.parametrize("batch", [1, 2, 7, 9, 64])
def test_padded_training_shows_each_sequence_once_in_an_epoch(batch: int) -> None:
    source = Padded(SEQUENCES, batch)
    batches = training(source, range(-(-3 * len(SEQUENCES) // batch)))
    rows = [b.targets[b.mask[:, i], i, 0].astype(int).tolist() for b in batches for i in range(batch)]
    for b in batches:
        check_steps(b)
        assert b.weight.all()
        assert not b.reset.any()
        assert b.mask.shape == (21, batch)
    epochs = [rows[i * 9 : i * 9 + 9] for i in range(3)]
    whole = sorted(sequence[:, 0].tolist() for sequence in SEQUENCES)
    assert [sorted(epoch) for epoch in epochs] == [whole] * 3
    assert epochs[0] != epochs[1] != epochs[2]
    assert (batches[0].targets == training(source, range(1))[0].targets).all()
    if batch > 1:
        assert (batches[0].targets != training(source, range(1), seed=1)[0].targets).any()


@pytest.mark.parametrize("batch", [1, 2, 7, 9, 64])
def test_padded_evaluation_counts_every_step_once(batch: int) -> None:
    batches = evaluation(Padded(SEQUENCES, batch))
    assert sorted(all_steps(batches)) == list(range(1, STEPS + 1))
    assert sum(b.weight.sum() for b in batches) == len(SEQUENCES)
    assert all(not b.mask[:, b.weight == 0].any() for b in batches)


def test_padded_position_survives_int32() -> None:
    """A long run's step times batch leaves int32; its epoch and rank must not."""
    for step, batch, n in [(0, 1, 1), (7, 3, 5), (3_000_000, 1000, 694), (10**9, 64, 50_000)]:
        found = jax.jit(_divmod_product, static_argnums=(1, 2))(jnp.int32(step), batch, n)
        assert tuple(map(int, found)) == divmod(step * batch, n)


@pytest.mark.parametrize(("batch", "window"), [(1, 4), (2, 5), (7, 1), (7, 3), (64, 2), (3, 100)])
def test_stream_training_shows_each_step_once_in_an_epoch(batch: int, window: int) -> None:
    source = Stream(SEQUENCES, batch, window)
    per_epoch = source.windows_per_epoch
    batches = training(source, range(2 * per_epoch))
    orders = []
    for epoch in (batches[:per_epoch], batches[per_epoch:]):
        assert sorted(all_steps(epoch)) == list(range(1, STEPS + 1))
        targets = np.concatenate([b.targets[..., 0] for b in epoch]).astype(int)
        reset = np.concatenate([b.reset for b in epoch])
        mask = np.concatenate([b.mask for b in epoch])
        line = []
        for row in range(batch):
            steps = targets[mask[:, row], row]
            resets = reset[mask[:, row], row]
            # A row is a run of sequences: a reset at its start and at each sequence's first step, nowhere else.
            assert resets.tolist() == [i == 0 or step in FIRST for i, step in enumerate(steps.tolist())]
            assert not mask[len(steps) :, row].any()
            line += steps.tolist()
        # Row after row, the line is whole sequences in some order.
        order = [step for step in line if step in FIRST]
        assert line == [int(x) for first in order for s in SEQUENCES if s[0, 0] == first for x in s[:, 0]]
        orders.append(order)
    assert orders[0] != orders[1]


@pytest.mark.parametrize(("batch", "window"), [(1, 4), (2, 5), (7, 1), (7, 3), (64, 2), (64, 100)])
def test_stream_evaluation_never_cuts_a_sequence(batch: int, window: int) -> None:
    source = Stream(SEQUENCES, batch, window)
    batches = evaluation(source)
    assert all(b.mask.shape == (window, batch) for b in batches)
    assert sorted(all_steps(batches)) == list(range(1, STEPS + 1))
    targets = np.concatenate([b.targets[..., 0] for b in batches]).astype(int)
    reset = np.concatenate([b.reset for b in batches])
    mask = np.concatenate([b.mask for b in batches])
    assert (reset == (mask & np.isin(targets, list(FIRST)))).all()
    for row in range(batch):
        steps = targets[mask[:, row], row].tolist()
        assert steps == [int(x) for s in whole_sequences(steps) for x in s]
    longest = mask.sum(axis=0)
    assert longest.max() <= max(21, -(-STEPS // batch) + 21)


def whole_sequences(steps: list[int]) -> list[list[int]]:
    """The whole sequences whose first steps occur, in that order."""
    return [SEQUENCES[i][:, 0].tolist() for step in steps for i in range(len(SEQUENCES)) if SEQUENCES[i][0, 0] == step]


def test_a_corpus_has_no_empty_sequence() -> None:
    for bad in ([], [np.zeros((0, 1))]):
        with pytest.raises(ValueError, match="at least one"):
            corpus(bad)
