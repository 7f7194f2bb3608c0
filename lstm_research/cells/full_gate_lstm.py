"""LSTM with peepholes and full gate recurrence: gates also see the gates of the step before. FGR in the Odyssey.

    i = sigmoid(W_i x + U_i h + p_i * c + R_ii i + R_fi f + R_oi o + b_i)
    f = sigmoid(W_f x + U_f h + p_f * c + R_if i + R_ff f + R_of o + b_f)
    g = tanh(W_g x + U_g h + b_g)
    c' = f * c + i * g
    o = sigmoid(W_o x + U_o h + p_o * c' + R_io i + R_fo f + R_oo o + b_o)
    h' = o * tanh(c')

where i, f and o on the right are those of the step before. Stacked gates stand in the order i f g o, peepholes and the
gates of the step before i f o.

References: Greff, Srivastava, Koutnik, Steunebrink & Schmidhuber, LSTM: A Search Space Odyssey, arXiv:1503.04069,
section III; Hochreiter & Schmidhuber 1997 had such connections.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from lstm_research.cells import _initializers as init
from lstm_research.cells._cell import Cell, CellConfig
from lstm_research.config.fields import Scalar
from lstm_research.recurrence.activations import sigmoid, tanh


class Carry(NamedTuple):
    """Output, memory cell, and the gates i f o side by side."""

    h: Float[Array, "b h"]
    c: Float[Array, "b h"]
    gates: Float[Array, "b 3h"]


@dataclass(frozen=True, kw_only=True)
class Config(CellConfig):
    """{kind: full_gate_lstm, hidden: 128}"""

    forget_bias: Scalar = 1.0
    """Added to the initial bias of the forget gate."""

    def parameters(self, inputs: int) -> int:
        """4 (d h + h^2 + h) + 3 h + 9 h^2."""
        return 4 * self.hidden * (inputs + self.hidden + 1) + 3 * self.hidden + 9 * self.hidden**2

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "FullGateLSTM":
        return FullGateLSTM(inputs, self, rngs=rngs, dtype=dtype)


class FullGateLSTM(Cell):
    """LSTM with full gate recurrence; peepholes start at zero."""

    def __init__(self, inputs: int, config: Config, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32):
        h = self.hidden = config.hidden
        self.kernel = init.gates(config.kernel_init, rngs, inputs, h, 4, config.init_scale, dtype)
        self.recurrent = init.gates(config.recurrent_init, rngs, h, h, 4, config.init_scale, dtype)
        bias = init.bias(config.kernel_init, rngs, h, 4, config.init_scale, dtype)
        self.bias = init.raised(bias, 1, h, config.forget_bias)
        self.peepholes = nnx.Param(jnp.zeros((3, h), dtype))
        self.between = init.gates(config.recurrent_init, rngs, 3 * h, h, 3, config.init_scale, dtype)

    def step(self, carry: Carry, wx: Float[Array, "b g"]) -> tuple[Carry, Float[Array, "b h"]]:
        p = self.peepholes[...]
        i, f, g, o = jnp.split(wx + carry.h @ self.recurrent[...], 4, axis=-1)
        more_i, more_f, more_o = jnp.split(carry.gates @ self.between[...], 3, axis=-1)
        i = sigmoid(i + p[0:1] * carry.c + more_i)
        f = sigmoid(f + p[1:2] * carry.c + more_f)
        c = f * carry.c + i * tanh(g)
        o = sigmoid(o + p[2:3] * c + more_o)
        h = o * tanh(c)
        return Carry(h=h, c=c, gates=jnp.concatenate([i, f, o], axis=-1)), h

    def initial_carry(self, batch: int) -> Carry:
        zeros = jnp.zeros((batch, self.hidden), self.kernel[...].dtype)
        return Carry(h=zeros, c=zeros, gates=jnp.concatenate([zeros] * 3, axis=-1))
