"""`Generated`: batches that are a pure function of a key and of positions."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from lstm_research.recurrence import Batch

SPLITS = ("train", "valid", "test")
FIXED_SEED = 20250101
"""Seed of the fixed sets of generated tasks: the same for every run, so that runs are compared on the same examples."""


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
    """

    carried = False

    def __init__(
        self,
        example: Callable[[Key[Array, ""]], tuple[Array, Array, Array]],
        *,
        split: str,
        batch: int,
        examples: int,
        per_step: bool,
    ):
        self._example = example
        self._per_step = per_step
        self._split = SPLITS.index(split)
        self._batch = batch
        self._examples = examples
        self.arrays: dict[str, Array] = {}
        self.evaluation_batches = -(-examples // batch)

    def training_batch(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Batch:
        rows = jnp.arange(self._batch, dtype=jnp.int32)
        return self._make(jax.random.fold_in(key, step), rows, jnp.ones(self._batch, jnp.float32))

    def evaluation_batch(self, arrays: Any, index: Int[Array, ""]) -> Batch:
        rows = index * self._batch + jnp.arange(self._batch, dtype=jnp.int32)
        # The implementation is named: the fixed sets must not move with a user's default generator.
        key = jax.random.fold_in(jax.random.key(FIXED_SEED, impl="threefry2x32"), self._split)
        return self._make(key, rows, (rows < self._examples).astype(jnp.float32))

    def _make(self, key: Key[Array, ""], rows: Int[Array, " b"], weight: Float[Array, " b"]) -> Batch:
        def one(row: Int[Array, ""]) -> tuple[Array, Array, Array]:
            return self._example(jax.random.fold_in(key, row))

        inputs, targets, valid = jax.vmap(one, out_axes=(1, int(self._per_step), 1))(rows)
        mask = valid & (weight > 0)[None, :]
        return Batch(inputs=inputs, targets=targets, mask=mask, reset=jnp.zeros_like(mask), weight=weight)
