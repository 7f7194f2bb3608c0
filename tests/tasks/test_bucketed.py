"""Buckets: each sequence once an epoch, padding within its bound and truly the least, and sums that know no buckets."""

from itertools import combinations
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from test_sources import SEQUENCES, STEPS, all_steps, check_steps

from lstm_research.tasks.source import boundaries as cuts
from lstm_research.tasks.source.boundaries import MOST, boundaries, share
from lstm_research.tasks.source.bucketed import Bucket, Bucketed, buckets_of
from lstm_research.tasks.source.gathered import everyone
from lstm_research.tasks.source.padded import Padded

BATCHES = [1, 2, 4, 7, 9, 64]
KEPT = {1: 0.0, 2: 0.2, 4: 0.45, 7: 0.6, 9: 0.7, 64: 0.7}
"""For each batch size a bound that can be kept with `SEQUENCES`."""


def training(source: Bucketed, steps: range, seed: int = 0) -> list[Any]:
    key = jax.random.key(seed)
    which = jax.jit(source.bucket)
    makes = [jax.jit(bucket.training_batch) for bucket in source.buckets]
    return [
        jax.device_get(makes[int(which(key, jnp.int32(step)))](source.arrays, key, jnp.int32(step))) for step in steps
    ]


def evaluation(source: Any) -> list[Any]:
    batches = []
    for bucket in buckets_of(source):
        make = jax.jit(bucket.evaluation_batch)
        batches += [jax.device_get(make(source.arrays, jnp.int32(i))) for i in range(bucket.evaluation_batches)]
    return batches


def rows_of(batch: Any) -> list[list[int]]:
    """The sequences that count in a batch."""
    return [batch.targets[batch.mask[:, i], i, 0].astype(int).tolist() for i in np.flatnonzero(batch.weight)]


def law_each_sequence_once_an_epoch(source: Bucketed, batch: int) -> None:
    per_epoch = -(-len(SEQUENCES) // batch)
    batches = training(source, range(3 * per_epoch))
    whole = sorted(sequence[:, 0].tolist() for sequence in SEQUENCES)
    epochs = []
    for start in range(0, len(batches), per_epoch):
        epoch = batches[start : start + per_epoch]
        for one in epoch:
            check_steps(one)
            assert not one.mask[:, one.weight == 0].any()
        rows = [row for one in epoch for row in rows_of(one)]
        assert sorted(rows) == whole
        assert sum(one.weight.sum() < min(batch, len(SEQUENCES)) for one in epoch) <= 1
        epochs.append(rows)
    assert epochs[0] != epochs[1] != epochs[2]


def law_evaluation_counts_each_step_once(source: Bucketed) -> None:
    batches = evaluation(source)
    assert sorted(all_steps(batches)) == list(range(1, STEPS + 1))
    assert sum(one.weight.sum() for one in batches) == len(SEQUENCES)


def law_padding_is_what_is_said(source: Bucketed, batch: int, waste: float) -> None:
    """Measured over an epoch of batches as they are made."""
    batches = training(source, range(-(-len(SEQUENCES) // batch)))
    measured = share(sum(int(one.mask.sum()) for one in batches), sum(one.mask.size for one in batches))
    assert source.padding == measured
    assert measured <= waste


@pytest.mark.parametrize("batch", BATCHES)
def test_laws(batch: int) -> None:
    source = Padded(SEQUENCES, batch).bucketed(KEPT[batch])
    law_each_sequence_once_an_epoch(source, batch)
    law_evaluation_counts_each_step_once(source)
    law_padding_is_what_is_said(source, batch, KEPT[batch])
    assert source.padding_unbucketed == Padded(SEQUENCES, batch).padding
    assert len(source.buckets) <= MOST


class DropsTheRest(Bucket):
    """Only whole batches."""

    @property
    def evaluation_batches(self) -> int:
        return max(1, self.size // self.rows)


class CountsFillers(Bucket):
    """Rows that fill the last batch weigh 1, and show a sequence again."""

    def _pick(self, arrays: Any, order: Any, index: Any) -> Any:
        ranks = jnp.minimum(index * self.rows + jnp.arange(self.rows, dtype=jnp.int32), self.size - 1)
        rank = self.begin + jnp.take(order, ranks)
        return everyone(jnp.take(jnp.asarray(arrays["by_length"]), rank))


class OneOrderForAll(Bucket):
    """An epoch is like the one before."""

    def training_batch(self, arrays: Any, key: Any, step: Any) -> Any:
        return super().training_batch(arrays, key, step % self.per_epoch)


def broken(kind: type[Bucket], batch: int) -> Bucketed:
    source = Padded(SEQUENCES, batch).bucketed(0.5)
    source.buckets = tuple(kind(**vars(bucket)) for bucket in source.buckets)
    return source


def test_laws_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError):
        law_evaluation_counts_each_step_once(broken(DropsTheRest, 2))
    for kind in (CountsFillers, OneOrderForAll):
        with pytest.raises(AssertionError):
            law_each_sequence_once_an_epoch(broken(kind, 2), 2)
    with pytest.raises(AssertionError):
        law_evaluation_counts_each_step_once(broken(CountsFillers, 2))
    # Buckets of equal size, as is often done, instead of those that keep the bound.
    monkeypatch.setattr("lstm_research.tasks.source.bucketed.boundaries", lambda lengths, batch, waste: [0, 4])
    with pytest.raises(AssertionError):
        law_padding_is_what_is_said(Padded(SEQUENCES, 2).bucketed(0.1), 2, 0.1)


def test_a_batch_is_a_function_of_key_and_step_alone() -> None:
    source = Padded(SEQUENCES, 2).bucketed(0.1)
    ahead, again = training(source, range(7, 9)), training(source, range(9))[7:]
    other = training(source, range(7, 9), seed=1)
    assert [rows_of(one) for one in ahead] == [rows_of(one) for one in again] != [rows_of(one) for one in other]


def test_batches_of_all_buckets_come_in_a_random_order() -> None:
    """Not the long ones first: an order by length is an order by content."""
    source = Padded(SEQUENCES, 1).bucketed(0.3)
    which = jax.jit(source.bucket)
    orders = {tuple(int(which(jax.random.key(0), jnp.int32(9 * e + i))) for i in range(9)) for e in range(4)}
    assert len(orders) > 1
    assert {tuple(sorted(order)) for order in orders} == {
        tuple(k for k, bucket in enumerate(source.buckets) for _ in range(bucket.size))
    }


def slow(lengths: list[int], batch: int, waste: float) -> tuple[int, int]:
    """(buckets, steps computed): the definition, by trying all ways to part whole batches."""
    batches = [lengths[i : i + batch] for i in range(0, len(lengths), batch)]
    for number in range(1, len(batches) + 1):
        best = min(
            sum(
                max(map(max, part)) * (len(part) * batch if len(part) > 1 else len(part[0]))
                for part in (batches[a:b] for a, b in zip((0, *inner), (*inner, len(batches)), strict=True))
            )
            for inner in combinations(range(1, len(batches)), number - 1)
        )
        if share(sum(lengths), best) <= waste or number == MOST:
            return number, best
    return number, best


def computed(lengths: np.ndarray, batch: int, begins: list[int]) -> int:
    sizes = np.diff([*begins, len(lengths)])
    return sum(int(cuts.padded(n, batch) * lengths[a]) for a, n in zip(begins, sizes, strict=True))


@given(st.lists(st.integers(1, 12), min_size=1, max_size=24), st.integers(2, 5), st.sampled_from([0.0, 0.05, 0.2, 0.5]))
@example([7] * 8, 4, 0.0)
@example([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 2, 0.0)
@example([3, 3, 3], 2, 0.0)
def test_boundaries_are_the_best_there_are(lengths: list[int], batch: int, waste: float) -> None:
    down = sorted(lengths, reverse=True)
    array = np.array(down, np.int32)
    found = boundaries(array, batch, waste)
    number, steps = slow(down, batch, waste)
    assert computed(array, batch, found) == steps
    assert found[0] == 0
    assert all(begin % batch == 0 for begin in found)
    if share(sum(down), steps) <= waste:
        assert len(found) == number


def test_boundaries_of_many_sequences() -> None:
    """As in Piano-midi, and as many as a larger corpus has."""
    lengths = np.sort(np.random.default_rng(0).lognormal(6, 0.9, 20_000).astype(np.int32) + 1)[::-1]
    found = boundaries(lengths, 8, 0.25)
    assert share(int(lengths.sum()), computed(lengths, 8, found)) <= 0.25
    assert 1 < len(found) <= MOST
