"""`Stretches`: one answer for each stretch of steps, such as a whole sequence or a window of it."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from lstm_research.recurrence import Batch
from lstm_research.tasks.source.boundaries import share
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.tasks.source.gathered import Gathered, Pick, everyone, few, in_order
from lstm_research.tasks.source.order import epoch_rows


class Stretches(Gathered):
    """Stretches, padded to the longest, of steps that may be shared: windows of one sequence overlap.

    Training: in a new random order each epoch, every batch full. Evaluation: in the order given, the last batch filled
    with rows of weight 0.

    Args:
      flat: float32[n d], the steps of all sequences, end to end.
      start: int32[s], where each stretch begins in `flat`.
      length: int32[s], its steps, at least 1.
      targets: name -> array [s ...].
      batch: stretches in a batch.
    """

    def __init__(
        self, flat: np.ndarray, start: np.ndarray, length: np.ndarray, targets: dict[str, np.ndarray], batch: int
    ):
        self._batch, self._stretches, self._steps = batch, len(start), int(length.max())
        self._length = length
        self.arrays: dict[str, Any] = {"flat": flat, "start": start, "length": length, "targets": targets}
        self.padding = share(int(length.sum()), self._steps * len(length))
        """Share of padding among the steps of an epoch."""
        self.evaluation_batches = -(-len(start) // batch)

    def training_pick(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Pick:
        return everyone(epoch_rows(key, step, self._batch, self._stretches))

    def evaluation_pick(self, arrays: Any, index: Int[Array, ""]) -> Pick:
        return in_order(index, self._batch, self._stretches)

    def gather(self, arrays: Any, pick: Pick) -> Batch:
        return _gather(arrays, pick.rows, pick.weight, self._steps)

    def compact(self, arrays: Any, pick: Pick) -> tuple[dict[str, Any], Pick]:
        return few(arrays, pick, self._steps)

    def bucketed(self, waste: float) -> Bucketed:
        """The same in buckets, see `Bucketed`."""
        return Bucketed(self._length, self._batch, waste, self.arrays, _gather)


def _gather(arrays: Any, rows: Int[Array, " b"], weight: Float[Array, " b"], length: int) -> Batch:
    start = jnp.take(arrays["start"], rows, mode="clip")
    lengths = jnp.take(arrays["length"], rows, mode="clip")
    t = jnp.arange(length, dtype=jnp.int32)[:, None]
    mask = (t < lengths[None, :]) & (weight > 0)[None, :]
    found = jnp.take(arrays["flat"], start[None, :] + t, axis=0, mode="clip")
    inputs = jnp.where(mask[..., None], found, 0.0)
    targets = {name: jnp.take(values, rows, axis=0, mode="clip") for name, values in arrays["targets"].items()}
    return Batch(inputs=inputs, targets=targets, mask=mask, reset=jnp.zeros_like(mask), weight=weight)
