"""LSTM with diagonal peepholes from the memory cell to the gates.

    i = sigmoid(W_i x + U_i h + p_i * c + b_i)
    f = sigmoid(W_f x + U_f h + p_f * c + b_f)
    g = tanh(W_g x + U_g h + b_g)
    c' = f * c + i * g
    o = sigmoid(W_o x + U_o h + p_o * c' + b_o)
    h' = o * tanh(c')

Stacked gates stand in the order i f g o, peepholes i f o.

References: Gers & Schmidhuber, Recurrent Nets that Time and Count, IJCNN 2000; Graves, Generating Sequences With
Recurrent Neural Networks, 2013, eqs. 7-11; the LSTM of Chung et al. 2014, section 3.1.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from lstm_research.cells import _initializers as init
from lstm_research.cells._cell import CellConfig, PointwiseCell
from lstm_research.cells.lstm import Carry
from lstm_research.config.fields import Scalar
from lstm_research.recurrence.activations import sigmoid, tanh


@dataclass(frozen=True, kw_only=True)
class Config(CellConfig):
    """{kind: peephole_lstm, hidden: 128}"""

    forget_bias: Scalar = 1.0
    """Added to the initial bias of the forget gate."""

    engines: ClassVar[tuple[str, ...]] = ("checkpointed", "reference", "fused")
    widens: ClassVar[bool] = True

    def parameters(self, inputs: int) -> int:
        """4 (d h + h^2 + h) + 3 h."""
        return 4 * self.hidden * (inputs + self.hidden + 1) + 3 * self.hidden

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "PeepholeLSTM":
        return PeepholeLSTM(inputs, self, rngs=rngs, dtype=dtype)


Peepholes = tuple[Float[Array, "1 h"], Float[Array, "1 h"], Float[Array, "1 h"]]


def pointwise(theta: Peepholes, wx: Float[Array, "b g"], rh: Float[Array, "b g"], carry: Carry) -> Carry:
    """The equations above, after the two matrix products; theta is p_i, p_f, p_o."""
    p_i, p_f, p_o = theta
    i, f, g, o = jnp.split(wx + rh, 4, axis=-1)
    c = sigmoid(f + p_f * carry.c) * carry.c + sigmoid(i + p_i * carry.c) * tanh(g)
    return Carry(h=sigmoid(o + p_o * c) * tanh(c), c=c)


class PeepholeLSTM(PointwiseCell):
    """LSTM with peepholes, which start at zero."""

    def __init__(self, inputs: int, config: Config, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32):
        h = self.hidden = config.hidden
        self.kernel = init.gates(config.kernel_init, rngs, inputs, h, 4, config.init_scale, dtype)
        self.recurrent = init.gates(config.recurrent_init, rngs, h, h, 4, config.init_scale, dtype)
        bias = init.bias(config.kernel_init, rngs, h, 4, config.init_scale, dtype)
        self.bias = init.raised(bias, 1, h, config.forget_bias)
        self.peepholes = nnx.Param(jnp.zeros((3, h), dtype))

    pointwise = property(lambda self: pointwise)

    @property
    def theta(self) -> Peepholes:
        # Split here, outside the loop: the tape of the fused engine stacks a slice made inside it at every step.
        p = self.peepholes[...]
        return p[0:1], p[1:2], p[2:3]

    def initial_carry(self, batch: int) -> Carry:
        zeros = jnp.zeros((batch, self.hidden), self.kernel[...].dtype)
        return Carry(h=zeros, c=zeros)
