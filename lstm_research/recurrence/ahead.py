"""A scan that loads the inputs of a step while it does the step before it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def scan_ahead(
    body: Callable[[Any, tuple[Array, Any]], tuple[Any, Any]], carry: Any, wx: Float[Array, "t b g"], inputs: Any
) -> tuple[Any, Any]:
    """`jax.lax.scan(body, carry, (wx, inputs))`, the same bits.

    For folds that keep nothing but h, on CPU: there a slice of the whole of wx inside a kernel keeps XLA from
    vectorising it, and all gates are in one kernel, which takes up to twice as long. A slice that comes with the carry
    is an array of its own by then. (A fold that keeps a tape has a kernel for each gate and gains nothing.)
    """
    steps = wx.shape[0]
    if not steps:
        return jax.lax.scan(body, carry, (wx, inputs))

    def step(state: tuple[Any, Array], given: tuple[Array, Any]) -> tuple[Any, Any]:
        (carry, wx_t), (t, rest) = state, given
        following = jax.lax.dynamic_index_in_dim(wx, jnp.minimum(t + 1, steps - 1), keepdims=False)
        carry, outputs = body(carry, (wx_t, rest))
        return (carry, following), outputs

    (carry, _), outputs = jax.lax.scan(step, (carry, wx[0]), (jnp.arange(steps, dtype=jnp.int32), inputs))
    return carry, outputs
