"""What counts: the rows and steps of a batch, and the one way to add values up over them.

Every metric first puts a harmless number where nothing counts, and only then computes. Masking the result instead would
leave 0 x NaN in the gradient of whatever stands in the padding.
"""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool, Num

from lstm_research.recurrence import Batch
from lstm_research.types import Sum


def steps(batch: Batch) -> Bool[Array, "t b"]:
    """The steps that count: valid ones of rows that are examples."""
    return batch.mask & (batch.weight > 0)[None, :]


def rows(batch: Batch) -> Bool[Array, " b"]:
    """The rows that count: examples, not fillers of a last batch."""
    return batch.weight > 0


def kept(counted: Bool[Array, "*n"], values: Any) -> Array:
    """`values` where counted, 0 elsewhere; `counted` has the leading axes of `values`."""
    values = jnp.asarray(values)
    where = counted.reshape(counted.shape + (1,) * (values.ndim - counted.ndim))
    return jnp.where(where, values, jnp.zeros((), values.dtype))


def summed(values: Num[Array, "*n"], counted: Bool[Array, "*n"]) -> Sum:
    """Total of the counted values, and how many there are (float32, exact up to 2**24)."""
    return Sum(jnp.sum(kept(counted, values)), jnp.sum(counted, dtype=jnp.float32))
