"""Sigmoid, tanh and relu whose derivatives need their output only.

`jax.nn.sigmoid` and `jnp.tanh` make the tape of a recurrence hold the output *and* a product of it per gate. Written
as below, linearisation keeps one array per gate, which the product rule of the gate needs anyway: the fused engine's
tape is half as long (DESIGN measured 2.2x on a training step). They are `custom_jvp`, so forward mode works as well.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


@jax.custom_jvp
def sigmoid(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """1 / (1 + exp(-x))."""
    return jax.lax.logistic(x)


@sigmoid.defjvp
def _sigmoid_jvp(primals, tangents):  # type: ignore[no-untyped-def]
    y = sigmoid(primals[0])
    s = tangents[0] * y
    return y, s - s * y


@jax.custom_jvp
def tanh(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x))."""
    return jnp.tanh(x)


@tanh.defjvp
def _tanh_jvp(primals, tangents):  # type: ignore[no-untyped-def]
    y = tanh(primals[0])
    return y, tangents[0] - tangents[0] * y * y


@jax.custom_jvp
def relu(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """max(x, 0), with derivative 0 at 0."""
    return jnp.maximum(x, 0)


@relu.defjvp
def _relu_jvp(primals, tangents):  # type: ignore[no-untyped-def]
    y = relu(primals[0])
    return y, jnp.where(y > 0, tangents[0], jnp.zeros_like(tangents[0]))
