"""Negative log-likelihood of binary vectors, as in next-step models of piano-rolls."""

import jax
from jaxtyping import Array, Bool, Float, Num

from lstm_research.metrics.counting import kept, summed
from lstm_research.types import Sum


def binary_nll(logits: Float[Array, "*n d"], targets: Num[Array, "*n d"], counted: Bool[Array, "*n"]) -> Sum:
    """Sum over d of -log P(target), for independent bits with P(1) = sigmoid(logit); in nats, counted per step.

    softplus(z) - z y is exact for logits of any size, where -log(sigmoid(z)) overflows.
    """
    z, y = kept(counted, logits), kept(counted, targets).astype(logits.dtype)
    return summed((jax.nn.softplus(z) - z * y).sum(axis=-1), counted)
