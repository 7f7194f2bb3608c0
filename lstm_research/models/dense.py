"""Affine maps and the embedding: what stands around the recurrence."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Int

from lstm_research.recurrence import Multiply, affine


class Dense(nnx.Module):
    """x W + b; W starts as Glorot & Bengio's uniform, b as zero."""

    def __init__(self, inputs: int, outputs: int, *, rngs: nnx.Rngs | None, dtype: Any):
        shape = (inputs, outputs)
        init = jax.nn.initializers.glorot_uniform()
        self.kernel = nnx.Param(jnp.zeros(shape, dtype) if rngs is None else init(rngs.params(), shape, dtype))
        self.bias = nnx.Param(jnp.zeros(outputs, dtype))

    def __call__(self, xs: Float[Array, "*tb d"], multiply: Multiply = jnp.matmul) -> Float[Array, "*tb k"]:
        return affine(xs, self.kernel[...], self.bias[...], multiply)


class Tied(nnx.Module):
    """x E' + b, where E is the matrix of an embedding and b its own (Press & Wolf, EACL 2017; Inan, Khosravi & Socher,
    ICLR 2017).
    """

    def __init__(self, outputs: int, *, dtype: Any):
        self.bias = nnx.Param(jnp.zeros(outputs, dtype))

    def __call__(
        self, xs: Float[Array, "*tb d"], embedding: "Embedding", multiply: Multiply = jnp.matmul
    ) -> Float[Array, "*tb k"]:
        return affine(xs, embedding.table[...].T, self.bias[...], multiply)


class Embedding(nnx.Module):
    """A row per token; rows start as N(0, 1) / sqrt(width)."""

    def __init__(self, tokens: int, width: int, *, rngs: nnx.Rngs | None, dtype: Any):
        shape = (tokens, width)
        init = jax.nn.initializers.normal(width**-0.5)
        self.table = nnx.Param(jnp.zeros(shape, dtype) if rngs is None else init(rngs.params(), shape, dtype))

    def __call__(self, tokens: Int[Array, "*tb"]) -> Float[Array, "*tb d"]:
        # "clip" keeps whatever stands in the padding harmless.
        return jnp.take(self.table[...], tokens, axis=0, mode="clip")
