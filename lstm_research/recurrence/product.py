"""A matrix product over all steps of a sequence, with the gradient of its matrix in the form that XLA is quick at.

The gradient of W in ys = xs @ W sums over time and batch. On CPU, XLA contracts the leading axes of an array against
the grain; turned beforehand, so that these axes stand last, a training step of an LSTM is 1.1 to 1.2 times as fast
(docs/speed.md). Time and batch stay two axes: made one, a batch that is split over devices would be gathered.

Reverse mode only; forward mode and higher orders use `jnp.matmul`, as the reference engine does.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Multiply = Callable[[Array, Array], Array]
"""(xs [*tb d], matrix [d g]) -> [*tb g]: `product` or `jnp.matmul`."""


@jax.custom_vjp
def product(xs: Float[Array, "*tb d"], matrix: Float[Array, "d g"]) -> Float[Array, "*tb g"]:
    """xs @ matrix."""
    return xs @ matrix


def _forward(xs: Any, matrix: Any) -> tuple[Array, tuple[Any, Any]]:
    return xs @ matrix, (xs, matrix)


def _backward(residuals: tuple[Array, Array], dys: Array) -> tuple[Array, Array]:
    xs, matrix = residuals
    return dys @ matrix.T, matrix_gradient(xs, dys)


product.defvjp(_forward, _backward)


def affine(
    xs: Float[Array, "*tb d"], matrix: Float[Array, "d g"], bias: Float[Array, " g"], multiply: Multiply = jnp.matmul
) -> Float[Array, "*tb g"]:
    """xs @ matrix + bias."""
    return multiply(xs, matrix) + bias.reshape((1,) * (xs.ndim - 1) + (-1,))


def matrix_gradient(xs: Float[Array, "*tb d"], dys: Float[Array, "*tb g"]) -> Float[Array, "d g"]:
    """The gradient of W in ys = xs @ W: sum_tb xs^T dys."""
    # The barrier has the turned array made; otherwise XLA takes the transpose into the product.
    turned = jax.lax.optimization_barrier(jnp.moveaxis(xs, -1, 0))
    axes = xs.ndim - 1
    return jnp.tensordot(turned, dys, (tuple(range(1, axes + 1)), tuple(range(axes))))
