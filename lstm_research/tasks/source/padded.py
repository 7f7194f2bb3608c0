"""`Padded`: next-step prediction on whole sequences, one per row."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from lstm_research.recurrence import Batch
from lstm_research.tasks.source.boundaries import share
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.tasks.source.corpus import corpus
from lstm_research.tasks.source.gathered import Gathered, Pick, everyone, few, in_order
from lstm_research.tasks.source.order import epoch_rows


class Padded(Gathered):
    """Whole sequences, padded to the longest of the split. Target t is step t; input t is step t-1, zero at t = 0.

    Training: sequences follow one another in a new random order each epoch, and batches are cut from that endless row,
    so that every sequence is seen once in an epoch and every batch is full, whatever the batch size. A batch may
    span the end of an epoch. Evaluation: in the order given, the last batch filled with rows of weight 0.

    Args:
      sequences: arrays [t d] of t >= 1.
      batch: sequences in a batch.
    """

    def __init__(self, sequences: list[np.ndarray], batch: int):
        self._batch = batch
        self._sequences = len(sequences)
        self._steps = max(len(sequence) for sequence in sequences)
        self.arrays = corpus(sequences)._asdict()
        self.padding = share(sum(map(len, sequences)), self._steps * len(sequences))
        """Share of padding among the steps of an epoch."""
        self.evaluation_batches = -(-self._sequences // batch)

    def training_pick(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Pick:
        return everyone(epoch_rows(key, step, self._batch, self._sequences))

    def evaluation_pick(self, arrays: Any, index: Int[Array, ""]) -> Pick:
        return in_order(index, self._batch, self._sequences)

    def gather(self, arrays: Any, pick: Pick) -> Batch:
        return _gather(arrays, pick.rows, pick.weight, self._steps)

    def compact(self, arrays: Any, pick: Pick) -> tuple[dict[str, Any], Pick]:
        return few(arrays, pick, self._steps)


def bucketed(sequences: list[np.ndarray], batch: int, waste: float) -> Bucketed:
    """The same prediction in buckets: sequences padded to the longest of their bucket. Arguments: see `Bucketed`."""
    laid = corpus(sequences)
    return Bucketed(laid.length, batch, waste, laid._asdict(), _gather)


def _gather(arrays: Any, rows: Int[Array, " b"], weight: Float[Array, " b"], length: int) -> Batch:
    """Whole sequences in `length` steps."""
    start = jnp.take(arrays["start"], rows, mode="clip")
    lengths = jnp.take(arrays["length"], rows, mode="clip")
    t = jnp.arange(length, dtype=jnp.int32)[:, None]
    mask = (t < lengths[None, :]) & (weight > 0)[None, :]
    found = jnp.take(arrays["flat"], start[None, :] + t, axis=0, mode="clip").astype(jnp.float32)
    targets = jnp.where(mask[..., None], found, 0.0)
    inputs = jnp.concatenate([jnp.zeros_like(targets[:1]), targets[:-1]])
    inputs = jnp.where(mask[..., None], inputs, 0.0)
    return Batch(inputs=inputs, targets=targets, mask=mask, reset=jnp.zeros_like(mask), weight=weight)
