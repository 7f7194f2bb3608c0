"""`Stream`: next-step prediction in windows of truncated backpropagation, the carry handed on."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Key

from lstm_research.recurrence import Batch
from lstm_research.tasks.source.corpus import corpus


class Stream:
    """Sequences end to end in `batch` rows, cut in windows. Target t is step t; input t is the step before it in its
    sequence, zero at a sequence's first step, which also resets the carry.

    Training: in each epoch the sequences are laid out in a new random order, the line is cut into `batch` rows of equal
    length, and the rows into windows. A row begins with a reset, in the middle of a sequence if it must; what is left
    over at the ends of rows is masked. Every step is seen exactly once in an epoch.

    Evaluation: no sequence is cut. Whole sequences are dealt to the rows, longest first to the shortest row, so that
    the values do not depend on the batch size; the ends of rows are masked.

    Args:
      sequences: arrays [t d] of t >= 1.
      batch: rows.
      window: steps in a window.
    """

    carried = True

    def __init__(self, sequences: list[np.ndarray], batch: int, window: int):
        self._batch = batch
        self._window = window
        self._sequences = len(sequences)
        self._row = -(-sum(len(sequence) for sequence in sequences) // batch)
        self.windows_per_epoch = -(-self._row // window)
        laid = corpus(sequences)
        dealt = _deal(laid.start, laid.length, batch, window)
        first = np.zeros(len(laid.flat), bool)
        first[laid.start] = True
        self.arrays = {**laid._asdict(), "first": first, "dealt": dealt}
        self.evaluation_batches = len(dealt) // window

    def training_batch(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Batch:
        epoch, window = step // self.windows_per_epoch, step % self.windows_per_epoch
        order = jax.random.permutation(jax.random.fold_in(key, epoch), self._sequences).astype(jnp.int32)
        length = jnp.take(arrays["length"], order)
        ends = jnp.cumsum(length, dtype=jnp.int32)
        column = (window * self._window + jnp.arange(self._window, dtype=jnp.int32))[:, None]
        line = jnp.arange(self._batch, dtype=jnp.int32)[None, :] * self._row + column
        mask = (column < self._row) & (line < ends[-1])
        rank = jnp.minimum(jnp.searchsorted(ends, line, side="right").astype(jnp.int32), self._sequences - 1)
        before = jnp.take(ends, rank) - jnp.take(length, rank)
        found = jnp.take(arrays["start"], jnp.take(order, rank)) + line - before
        return self._gather(arrays, jnp.where(mask, found, 0), mask, row_start=column == 0)

    def evaluation_batch(self, arrays: Any, index: Int[Array, ""]) -> Batch:
        found = jax.lax.dynamic_slice_in_dim(jnp.asarray(arrays["dealt"]), index * self._window, self._window)
        nothing = jnp.zeros((self._window, 1), bool)
        return self._gather(arrays, jnp.maximum(found, 0), found >= 0, row_start=nothing)

    def _gather(
        self, arrays: Any, found: Int[Array, "t b"], mask: Bool[Array, "t b"], row_start: Bool[Array, "t 1"]
    ) -> Batch:
        first = jnp.take(arrays["first"], found, mode="clip")
        targets = jnp.take(arrays["flat"], found, axis=0, mode="clip").astype(jnp.float32)
        inputs = jnp.take(arrays["flat"], found - 1, axis=0, mode="clip").astype(jnp.float32)
        return Batch(
            inputs=jnp.where((mask & ~first)[..., None], inputs, 0.0),
            targets=jnp.where(mask[..., None], targets, 0.0),
            mask=mask,
            reset=mask & (first | row_start),
            weight=jnp.ones(self._batch, jnp.float32),
        )


def _deal(start: np.ndarray, length: np.ndarray, batch: int, window: int) -> np.ndarray:
    """int32[t b]: which step of the corpus stands where, -1 for none; t is a multiple of the window."""
    rows: list[list[int]] = [[] for _ in range(batch)]
    filled = np.zeros(batch, np.int64)
    for sequence in np.argsort(-length, kind="stable"):
        row = int(np.argmin(filled))
        rows[row].append(int(sequence))
        filled[row] += length[sequence]
    dealt = np.full((-(-int(filled.max()) // window) * window, batch), -1, np.int32)
    for column, sequences in enumerate(rows):
        if sequences:
            found = np.concatenate([start[s] + np.arange(length[s]) for s in sequences])
            dealt[: len(found), column] = found
    return dealt
