"""`Rows`: stretches of a corpus, each a row of a batch: what `Stretches` and `Padded` have in common."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from lstm_research.recurrence import Batch
from lstm_research.tasks.source.boundaries import share
from lstm_research.tasks.source.bucketed import Bucketed, Gather
from lstm_research.tasks.source.gathered import Gathered, Pick, everyone, few, in_order
from lstm_research.tasks.source.order import epoch_rows


class Rows(Gathered):
    """Stretches, padded to the longest.

    Training: stretches follow one another in a new random order each epoch, and batches are cut from that endless row,
    so that every stretch is seen once in an epoch and every batch is full, whatever the batch size. A batch may
    span the end of an epoch. Evaluation: in the order given, the last batch filled with rows of weight 0.

    Args:
      arrays: `flat` [n d], steps end to end; `start` int32[s], where each stretch begins; `length` int32[s], its steps,
        at least 1; and whatever else `make` reads.
      batch: stretches in a batch.
      make: makes a batch.
    """

    def __init__(self, arrays: dict[str, Any], batch: int, make: Gather):
        self.arrays, self._batch, self._make = arrays, batch, make
        length = arrays["length"]
        self._number, self._steps = len(length), int(length.max())
        self.padding = share(int(length.sum()), self._steps * self._number)
        """Share of padding among the steps of an epoch."""
        self.evaluation_batches = -(-self._number // batch)

    def training_pick(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Pick:
        return everyone(epoch_rows(key, step, self._batch, self._number))

    def evaluation_pick(self, arrays: Any, index: Int[Array, ""]) -> Pick:
        return in_order(index, self._batch, self._number)

    def gather(self, arrays: Any, pick: Pick) -> Batch:
        return self._make(arrays, pick.rows, pick.weight, self._steps)

    def compact(self, arrays: Any, pick: Pick) -> tuple[dict[str, Any], Pick]:
        return few(arrays, pick, self._steps)

    def bucketed(self, waste: float) -> Bucketed:
        """The same in buckets, see `Bucketed`."""
        return Bucketed(self.arrays["length"], self._batch, waste, self.arrays, self._make)

    def for_split(self, split: str, waste: float | None) -> "Rows | Bucketed":
        """The same, of train in buckets where a waste is given."""
        return self.bucketed(waste) if split == "train" and waste is not None else self


def steps_of(
    arrays: Any, rows: Int[Array, " b"], weight: Float[Array, " b"], length: int
) -> tuple[Float[Array, "t b d"] | Int[Array, "t b ..."], Bool[Array, "t b"]]:
    """`length` steps of these rows, and which of them are the row's own; those of a row of weight 0 never are.

    A `flat` of int32 holds tokens.
    """
    start = jnp.take(arrays["start"], rows, mode="clip")
    lengths = jnp.take(arrays["length"], rows, mode="clip")
    t = jnp.arange(length, dtype=jnp.int32)[:, None]
    mask = (t < lengths[None, :]) & (weight > 0)[None, :]
    found = jnp.take(arrays["flat"], start[None, :] + t, axis=0, mode="clip")
    return found if found.dtype == jnp.int32 else found.astype(jnp.float32), mask
