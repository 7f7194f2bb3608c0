"""A convolution over time before the recurrence: what is near each other, put together before it is remembered."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float

from lstm_research.config.schema import ConvolutionConfig


class Convolution(nnx.Module):
    """relu(sum over w of x[t - width + 1 + w] K[w] + b) at every stride-th step; before a sequence stand zeros.

    No output looks ahead of its own steps, so that a causal task stays causal; and none depends on padding.

    Args:
      inputs: features of x.
      outputs: features of the result.
      rngs: where K starts from, uniform as Glorot & Bengio's; b is zero.
    """

    def __init__(self, config: ConvolutionConfig, inputs: int, outputs: int, *, rngs: nnx.Rngs | None, dtype: Any):
        self.stride = config.stride
        shape = (config.width, inputs, outputs)
        init = jax.nn.initializers.glorot_uniform(in_axis=(0, 1), out_axis=2)
        self.kernel = nnx.Param(jnp.zeros(shape, dtype) if rngs is None else init(rngs.params(), shape, dtype))
        self.bias = nnx.Param(jnp.zeros(outputs, dtype))

    def __call__(
        self, xs: Float[Array, "t b d"], mask: Bool[Array, "t b"]
    ) -> tuple[Float[Array, "u b k"], Bool[Array, "u b"]]:
        """The result, and its valid steps: those with a valid one among the steps they stand for."""
        steps, stride = xs.shape[0], self.stride
        xs = jnp.where(mask[..., None], xs, jnp.zeros_like(xs))
        after = -steps % stride
        # The last step of every stride is where an output stands: all before it is seen, the end filled with zeros.
        xs = jnp.pad(xs, ((self.kernel[...].shape[0] - stride, after), (0, 0), (0, 0)))
        ys = jax.lax.conv_general_dilated(
            xs, self.kernel[...], (stride,), "VALID", dimension_numbers=("HNC", "HIO", "HNC")
        )
        mask = jnp.pad(mask, ((0, after), (0, 0))).reshape(-1, stride, mask.shape[1]).any(axis=1)
        return jnp.where(mask[..., None], jax.nn.relu(ys + self.bias[...][None, None]), 0.0), mask
