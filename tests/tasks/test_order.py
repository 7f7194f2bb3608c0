"""Every example once an epoch, in an order of its own, whatever the batch size; of few examples as of many."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_research.tasks.source import order
from lstm_research.tasks.source.order import epoch_rows

KEY = jax.random.key(7)


def shown(n: int, batch: int, epochs: int, key: jax.Array = KEY) -> np.ndarray:
    """[epochs n], the examples of whole epochs."""
    steps = -(-n * epochs // batch)
    rows = jax.jit(jax.vmap(lambda step: epoch_rows(key, step, batch, n)))(jnp.arange(steps, dtype=jnp.int32))
    return np.asarray(rows).reshape(-1)[: n * epochs].reshape(epochs, n)


def many(n: int, batch: int, keys: jax.Array) -> np.ndarray:
    """[keys n], the first epoch of each key, compiled once."""
    steps = jnp.arange(n // batch, dtype=jnp.int32)
    of_key = jax.vmap(lambda key, step: epoch_rows(key, step, batch, n), in_axes=(None, 0))
    return np.asarray(jax.jit(jax.vmap(of_key, in_axes=(0, None)))(keys, steps)).reshape(len(keys), n)


@pytest.mark.parametrize("n", [1, 2, 7, 4096, 4097, 8192, 10_007, 65_537])
def test_every_example_once_an_epoch(n: int) -> None:
    for batch in (1 if n < 100 else 50, 64):
        epochs = shown(n, batch, 3)
        assert (np.sort(epochs, axis=1) == np.arange(n)).all()
        if n > 100:
            assert (epochs[0] != epochs[1]).mean() > 0.99
            assert (shown(n, batch, 1, jax.random.key(8))[0] != epochs[0]).mean() > 0.99


def test_the_batch_size_does_not_change_an_order() -> None:
    np.testing.assert_array_equal(shown(5000, 64, 2), shown(5000, 625, 2))


def test_an_order_of_many_looks_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neighbours are as far apart as in a random order, and places are not kept: the same of both kinds of order."""
    for limit in (0, 10**9):
        monkeypatch.setattr(order, "SORTED", limit)
        drawn = many(3000, 100, jax.vmap(jax.random.key)(jnp.arange(20))).astype(float)
        distance = np.abs(np.diff(drawn, axis=1)).mean()
        assert distance == pytest.approx(1000, rel=0.02)  # (n + 1) / 3 of a random permutation
        assert drawn.mean(axis=0) == pytest.approx(1500, abs=5 * 866 / np.sqrt(20))
        later = np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1]
        assert abs(later) < 5 / np.sqrt(drawn.size)


def test_a_broken_order_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its walk a bijection leaves the examples."""
    monkeypatch.setattr(order.jax.lax, "while_loop", lambda condition, body, start: start)
    jax.clear_caches()
    assert not (np.sort(shown(4097, 50, 1)[0]) == np.arange(4097)).all()
    jax.clear_caches()
