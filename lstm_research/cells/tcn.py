"""Temporal convolutional network, not recurrent: dilated causal convolutions, to compare recurrent networks with.

    z1 = relu(K1 * x + b1)          over the steps t, t - d, ..., t - (width - 1) d, where d = 2^level
    z2 = relu(K2 * z1 + b2)         over the same
    y  = relu(z2 + x)               x through a matrix of its own where it is not `hidden` wide

`levels` of these, one on another: a step sees 1 + 2 (width - 1) (2^levels - 1) steps, itself included, and no more.

References: Bai, Kolter & Koltun, An Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence
Modeling, arXiv:1803.01271, section 3 and figure 1. Here without weight normalisation, and without dropout inside.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import jax
import jax.numpy as jnp
from annotated_types import Ge
from flax import nnx
from jaxtyping import Array, Bool, Float, Int

from lstm_research.cells import _initializers as init
from lstm_research.cells._cell import BaseConfig
from lstm_research.cells._whole import ENGINES, WholeCell, sequence_number
from lstm_research.recurrence import affine


@dataclass(frozen=True, kw_only=True)
class Config(BaseConfig):
    """{kind: tcn, hidden: 64, levels: 4, width: 3}"""

    levels: Annotated[int, Ge(1)] = 4
    """Blocks of two convolutions, each of twice the dilation of the one before."""
    width: Annotated[int, Ge(2)] = 3
    """Steps that a convolution sees."""

    engines: ClassVar[tuple[str, ...]] = ENGINES

    def parameters(self, inputs: int) -> int:
        """A level: 2 h + width h (d + h), and h (d + 1) where d, the width of its input, is not h."""
        h = self.hidden
        widths = [inputs] + [h] * (self.levels - 1)
        return sum(2 * h + self.width * h * (d + h) + (h * (d + 1) if d != h else 0) for d in widths)

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "TCN":
        return TCN(inputs, self, rngs=rngs, dtype=dtype)


class TCN(WholeCell):
    """Levels of residual blocks."""

    def __init__(self, inputs: int, config: Config, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32):
        self.hidden = config.hidden
        widths = [inputs] + [config.hidden] * (config.levels - 1)
        self.levels = nnx.List(
            _Level(width, config, 2**level, rngs=rngs, dtype=dtype) for level, width in enumerate(widths)
        )

    def whole(
        self, xs: Float[Array, "t b d"], mask: Bool[Array, "t b"], reset: Bool[Array, "t b"]
    ) -> Float[Array, "t b h"]:
        number = sequence_number(reset)
        for level in self.levels:
            xs = jnp.where(mask[..., None], level(xs, number, mask), 0.0)
        return xs


class _Level(nnx.Module):
    def __init__(self, inputs: int, config: Config, dilation: int, *, rngs: nnx.Rngs | None, dtype: Any):
        h, scale = config.hidden, config.init_scale
        self.dilation, self.width = dilation, config.width
        self.first = init.gates(config.kernel_init, rngs, config.width * inputs, h, 1, scale, dtype)
        self.first_bias = init.bias(config.kernel_init, rngs, h, 1, scale, dtype)
        self.second = init.gates(config.kernel_init, rngs, config.width * h, h, 1, scale, dtype)
        self.second_bias = init.bias(config.kernel_init, rngs, h, 1, scale, dtype)
        self.beside: Any = nnx.data(None)
        self.beside_bias: Any = nnx.data(None)
        if inputs != h:
            self.beside = nnx.data(init.gates(config.kernel_init, rngs, inputs, h, 1, scale, dtype))
            self.beside_bias = nnx.data(init.bias(config.kernel_init, rngs, h, 1, scale, dtype))

    def __call__(
        self, xs: Float[Array, "t b d"], number: Int[Array, "t b"], mask: Bool[Array, "t b"]
    ) -> Float[Array, "t b h"]:
        zs = jax.nn.relu(affine(self._seen(xs, number), self.first[...], self.first_bias[...]))
        zs = jnp.where(mask[..., None], zs, jnp.zeros_like(zs))
        zs = jax.nn.relu(affine(self._seen(zs, number), self.second[...], self.second_bias[...]))
        return jax.nn.relu(zs + (xs if self.beside is None else affine(xs, self.beside[...], self.beside_bias[...])))

    def _seen(self, xs: Float[Array, "t b d"], number: Int[Array, "t b"]) -> Float[Array, "t b k"]:
        """What a convolution sees at each step, side by side: zeros before the sequence begins."""
        steps, found = xs.shape[0], []
        for back in range((self.width - 1) * self.dilation, -1, -self.dilation):
            moved = jnp.pad(xs, ((back, 0), (0, 0), (0, 0)))[:steps]
            same = jnp.pad(number, ((back, 0), (0, 0)), constant_values=-1)[:steps] == number
            found.append(jnp.where(same[..., None], moved, jnp.zeros_like(moved)))
        return jnp.concatenate(found, axis=-1)
