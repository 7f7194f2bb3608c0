"""Dropout with a traced rate, fresh at every step or the same for a whole sequence."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key


def dropout(
    key: Key[Array, ""] | None, xs: Float[Array, "t b d"], rate: Any, *, variational: bool
) -> Float[Array, "t b d"]:
    """Zero each value with probability `rate` and scale the rest by 1 / (1 - rate); no key or rate: xs as it is.

    Args:
      rate: in [0, 1), or a tracer (`nnx.Dropout` branches on its rate and cannot take one).
      variational: one mask for all time steps (Gal & Ghahramani, A Theoretically Grounded Application of Dropout in
        Recurrent Neural Networks, NeurIPS 2016).
    """
    if key is None or rate is None:
        return xs
    shape = (1, *xs.shape[1:]) if variational else xs.shape
    keep = 1 - jnp.asarray(rate, xs.dtype)
    # Not xs / keep: how XLA divides by a traced scalar depends on the layout of a population, and so would the bits.
    return jnp.where(jax.random.uniform(key, shape, xs.dtype) < keep, xs * (1 / keep), jnp.zeros_like(xs))
