"""`Generated`: batches that are a pure function of a key and of positions."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from lstm_research.recurrence import Batch

SPLITS = ("train", "valid", "test")
FIXED_SEED = 20250101
"""Seed of the fixed sets of generated tasks: the same for every run, so that runs are compared on the same examples."""

Example = Callable[..., tuple[Array, Array, Array]]


class Generated:
    """A source of sequences made on the device by `example`.

    Training example i of update s is `example(fold_in(fold_in(key, s), i))`, and there is no end of them. Evaluation
    example j is `example` of a key fixed by split and j alone, so the batch size never changes the set.

    Args:
      example: key -> (inputs [t d] or [t], target [...], valid Bool[t]); shapes do not depend on the key.
      split: which fixed set `evaluation_batch` shows.
      batch: rows in a batch.
      examples: size of the fixed set.
      per_step: True where the target is [t ...], False where it is one per sequence.
      numbered: whether `example` is also given the number of the example in its batch or set.
    """

    carried = False

    def __init__(
        self,
        example: Example,
        *,
        split: str,
        batch: int,
        examples: int,
        per_step: bool,
        numbered: bool = False,
    ):
        self._example = example
        self._numbered = numbered
        self._per_step = per_step
        self._split = SPLITS.index(split)
        self._batch = batch
        self._examples = examples
        self.evaluation_batches = -(-examples // batch)
        # The fixed sets are made once a process, for all models that are evaluated on them. That of `train`, which is
        # rarely looked at, is made where it is used, so that training does not wait for it.
        self.arrays: tuple[Array, ...] = (
            () if split == "train" else _fixed_set(example, self._split, examples, numbered)
        )

    def training_batch(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Batch:
        rows = jnp.arange(self._batch, dtype=jnp.int32)
        return self._make(jax.random.fold_in(key, step), rows, jnp.ones(self._batch, jnp.float32))

    def evaluation_batch(self, arrays: Any, index: Int[Array, ""]) -> Batch:
        rows = index * self._batch + jnp.arange(self._batch, dtype=jnp.int32)
        weight = (rows < self._examples).astype(jnp.float32)
        if not arrays:
            return self._make(_fixed_key(self._split), rows, weight)
        inputs, targets, valid = (jnp.take(x, rows, axis=0, mode="clip") for x in arrays)
        return self._batched(
            jnp.moveaxis(inputs, 0, 1), jnp.moveaxis(targets, 0, int(self._per_step)), jnp.moveaxis(valid, 0, 1), weight
        )

    def _make(self, key: Key[Array, ""], rows: Int[Array, " b"], weight: Float[Array, " b"]) -> Batch:
        examples = jax.vmap(
            lambda row: _made(self._example, key, row, self._numbered), out_axes=(1, int(self._per_step), 1)
        )
        return self._batched(*examples(rows), weight)

    def _batched(self, inputs: Array, targets: Array, valid: Array, weight: Float[Array, " b"]) -> Batch:
        mask = valid & (weight > 0)[None, :]
        return Batch(inputs=inputs, targets=targets, mask=mask, reset=jnp.zeros_like(mask), weight=weight)


def _fixed_key(split: int) -> Key[Array, ""]:
    # The implementation is named: the fixed sets must not move with a user's default generator.
    return jax.random.fold_in(jax.random.key(FIXED_SEED, impl="threefry2x32"), split)


def _made(example: Example, key: Key[Array, ""], row: Int[Array, ""], numbered: bool) -> tuple[Array, Array, Array]:
    own = jax.random.fold_in(key, row)
    return example(own, row) if numbered else example(own)


@lru_cache(maxsize=4)
def _fixed_set(example: Example, split: int, n: int, numbered: bool) -> tuple[Array, ...]:
    """Examples 0 .. n-1 of a fixed set, [n ...]."""

    def one(row: Int[Array, ""]) -> tuple[Array, Array, Array]:
        return _made(example, _fixed_key(split), row, numbered)

    return tuple(jax.jit(jax.vmap(one))(jnp.arange(n, dtype=jnp.int32)))
