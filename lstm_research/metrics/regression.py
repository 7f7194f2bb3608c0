"""Squared error, and the share of predictions within a tolerance."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from lstm_research.metrics.counting import kept, summed
from lstm_research.types import Sum


def squared_error(prediction: Float[Array, "*n"], target: Float[Array, "*n"], counted: Bool[Array, "*n"]) -> Sum:
    """(prediction - target)^2."""
    error = kept(counted, prediction) - kept(counted, target).astype(prediction.dtype)
    return summed(error * error, counted)


def within(
    prediction: Float[Array, "*n"], target: Float[Array, "*n"], tolerance: float, counted: Bool[Array, "*n"]
) -> Sum:
    """Share with |prediction - target| < tolerance; a NaN is outside."""
    error = jnp.abs(prediction - target.astype(prediction.dtype))
    return summed((error < tolerance).astype(jnp.float32), counted)
