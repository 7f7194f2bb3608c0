"""One choice between two carries, row by row."""

from typing import TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool

Carry = TypeVar("Carry")


def select(rows: Bool[Array, " b"], when_true: Carry, when_false: Carry) -> Carry:
    """Take `when_true` where `rows` holds, for every array [b ...] of the carry."""

    def choose(x: Array, y: Array) -> Array:
        return jnp.where(jnp.expand_dims(rows, tuple(range(1, x.ndim))), x, y)

    return jax.tree.map(choose, when_true, when_false)
