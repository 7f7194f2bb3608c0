"""Cross-entropy and accuracy from logits."""

import jax.numpy as jnp
from jax.nn import log_softmax
from jaxtyping import Array, Bool, Float, Int

from lstm_research.metrics.counting import kept, summed
from lstm_research.types import Sum


def surprise(logits: Float[Array, "*n c"], labels: Int[Array, "*n"], counted: Bool[Array, "*n"]) -> Float[Array, "*n"]:
    """-log softmax(logits)[label], in nats; of no meaning where not counted. A label out of 0..c-1 gives NaN, never
    another class's value.
    """
    picked = jnp.take_along_axis(
        log_softmax(kept(counted, logits)), kept(counted, labels)[..., None], axis=-1, mode="fill", fill_value=jnp.nan
    )
    return -picked[..., 0]


def cross_entropy(logits: Float[Array, "*n c"], labels: Int[Array, "*n"], counted: Bool[Array, "*n"]) -> Sum:
    """The sum of `surprise`."""
    return summed(surprise(logits, labels, counted), counted)


def accuracy(logits: Float[Array, "*n c"], labels: Int[Array, "*n"], counted: Bool[Array, "*n"]) -> Sum:
    """Share whose largest logit is the label's; the first of equal ones, and never where a logit is NaN."""
    # argmax takes a NaN for the largest, and would reward a model that has broken down.
    right = (jnp.argmax(logits, axis=-1) == labels) & ~jnp.isnan(logits).any(axis=-1)
    return summed(right.astype(jnp.float32), counted)
