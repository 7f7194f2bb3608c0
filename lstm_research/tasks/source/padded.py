"""`Padded`: next-step prediction on whole sequences, one per row."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lstm_research.recurrence import Batch
from lstm_research.tasks.source.corpus import corpus
from lstm_research.tasks.source.rows import Rows, steps_of


class Padded(Rows):
    """Whole sequences, padded to the longest of the split. Target t is step t; input t is step t-1, zero at t = 0.
    Order: see `Rows`.

    Args:
      sequences: arrays [t d] of t >= 1.
      batch: sequences in a batch.
    """

    def __init__(self, sequences: list[np.ndarray], batch: int):
        super().__init__(corpus(sequences)._asdict(), batch, _gather)


def _gather(arrays: Any, rows: Int[Array, " b"], weight: Float[Array, " b"], length: int) -> Batch:
    """Whole sequences in `length` steps."""
    found, mask = steps_of(arrays, rows, weight, length)
    targets = jnp.where(mask[..., None], found, 0.0)
    inputs = jnp.concatenate([jnp.zeros_like(targets[:1]), targets[:-1]])
    inputs = jnp.where(mask[..., None], inputs, 0.0)
    return Batch(inputs=inputs, targets=targets, mask=mask, reset=jnp.zeros_like(mask), weight=weight)
