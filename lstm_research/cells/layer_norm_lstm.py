"""LSTM with layer normalisation: an example of a cell that gives only `step`.

    (i f g o) = LN(U h; a_1) + LN(W x; a_2) + b
    c' = sigmoid(f) * c + sigmoid(i) * tanh(g)
    h' = sigmoid(o) * tanh(LN(c'; a_3, b_3))
    LN(z; a, b) = a * (z - mean z) / sqrt(var z + epsilon) + b

Stacked gates stand in the order i f g o, and each of the two products is normalised as a whole.

References: Ba, Kiros & Hinton, Layer Normalization, 2016, eqs. 20-22.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from lstm_research.cells import _initializers as init
from lstm_research.cells._cell import Cell, CellConfig
from lstm_research.cells.lstm import Carry
from lstm_research.config.fields import Scalar
from lstm_research.recurrence.activations import sigmoid, tanh

EPSILON = 1e-5


@dataclass(frozen=True, kw_only=True)
class Config(CellConfig):
    """{kind: layer_norm_lstm, hidden: 128}"""

    forget_bias: Scalar = 1.0
    """Added to the initial bias of the forget gate."""

    def parameters(self, inputs: int) -> int:
        """4 (d h + h^2 + h) + 8 h + 2 h."""
        return 4 * self.hidden * (inputs + self.hidden + 1) + 10 * self.hidden

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "LayerNormLSTM":
        return LayerNormLSTM(inputs, self, rngs=rngs, dtype=dtype)


def normalize(z: Float[Array, "*tb g"], gain: Float[Array, " g"]) -> Float[Array, "*tb g"]:
    """LN without its bias."""
    centred = z - z.mean(axis=-1, keepdims=True)
    scaled = centred * jax.lax.rsqrt((centred * centred).mean(axis=-1, keepdims=True) + EPSILON)
    return scaled * gain.reshape((1,) * (z.ndim - 1) + (-1,))


class LayerNormLSTM(Cell):
    """LSTM with layer normalisation."""

    def __init__(self, inputs: int, config: Config, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32):
        h = self.hidden = config.hidden
        self.kernel = init.gates(config.kernel_init, rngs, inputs, h, 4, config.init_scale, dtype)
        self.recurrent = init.gates(config.recurrent_init, rngs, h, h, 4, config.init_scale, dtype)
        bias = init.bias(config.kernel_init, rngs, h, 4, config.init_scale, dtype)
        self.bias = init.raised(bias, 1, h, config.forget_bias)
        self.recurrent_gain = nnx.Param(jnp.ones(4 * h, dtype))
        self.input_gain = nnx.Param(jnp.ones(4 * h, dtype))
        self.cell_gain = nnx.Param(jnp.ones(h, dtype))
        self.cell_bias = nnx.Param(jnp.zeros(h, dtype))

    def project(self, xs: Float[Array, "*tb d"]) -> Float[Array, "*tb g"]:
        wx = normalize(xs @ self.kernel[...], self.input_gain[...])
        return wx + self.bias[...].reshape((1,) * (xs.ndim - 1) + (-1,))

    def step(self, carry: Carry, wx: Float[Array, "b g"]) -> tuple[Carry, Float[Array, "b h"]]:
        rh = normalize(carry.h @ self.recurrent[...], self.recurrent_gain[...])
        i, f, g, o = jnp.split(wx + rh, 4, axis=-1)
        c = sigmoid(f) * carry.c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(normalize(c, self.cell_gain[...]) + self.cell_bias[...][None])
        return Carry(h=h, c=c), h

    def initial_carry(self, batch: int) -> Carry:
        zeros = jnp.zeros((batch, self.hidden), self.kernel[...].dtype)
        return Carry(h=zeros, c=zeros)
