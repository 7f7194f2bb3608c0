"""`Stretches`: one answer for each stretch of steps, such as a whole sequence or a window of it."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lstm_research.recurrence import Batch
from lstm_research.tasks.source.rows import Rows, steps_of


class Stretches(Rows):
    """Stretches of steps that may be shared: windows of one sequence overlap. Order and padding: see `Rows`.

    Args:
      flat: float32[n d], the steps of all sequences, end to end; or int32[n], of tokens.
      start: int32[s], where each stretch begins in `flat`.
      length: int32[s], its steps, at least 1.
      targets: name -> array [s ...].
      batch: stretches in a batch.
    """

    def __init__(
        self, flat: np.ndarray, start: np.ndarray, length: np.ndarray, targets: dict[str, np.ndarray], batch: int
    ):
        super().__init__({"flat": flat, "start": start, "length": length, "targets": targets}, batch, _gather)


def _gather(arrays: Any, rows: Int[Array, " b"], weight: Float[Array, " b"], length: int) -> Batch:
    found, mask = steps_of(arrays, rows, weight, length)
    inputs = jnp.where(mask if found.ndim == 2 else mask[..., None], found, jnp.zeros_like(found))
    targets = {name: jnp.take(values, rows, axis=0, mode="clip") for name, values in arrays["targets"].items()}
    return Batch(inputs=inputs, targets=targets, mask=mask, reset=jnp.zeros_like(mask), weight=weight)
