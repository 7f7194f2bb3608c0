"""Long short-term memory with a forget gate.

    i = sigmoid(W_i x + U_i h + b_i)
    f = sigmoid(W_f x + U_f h + b_f)
    g = tanh(W_g x + U_g h + b_g)
    o = sigmoid(W_o x + U_o h + b_o)
    c' = f * c + i * g
    h' = o * tanh(c')

Stacked gates stand in the order i f g o (torch.nn.LSTM's).

References: Hochreiter & Schmidhuber, Long Short-Term Memory, Neural Computation 9(8), 1997. Gers, Schmidhuber &
Cummins, Learning to Forget, Neural Computation 12(10), 2000, eqs. 2-7. A forget bias of 1: Jozefowicz, Zaremba &
Sutskever, An Empirical Exploration of Recurrent Network Architectures, ICML 2015.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from lstm_research.cells import _initializers as init
from lstm_research.cells._cell import CellConfig, PointwiseCell
from lstm_research.config.fields import Scalar
from lstm_research.recurrence.activations import sigmoid, tanh


class Carry(NamedTuple):
    """Hidden state and memory cell."""

    h: Float[Array, "b h"]
    c: Float[Array, "b h"]


@dataclass(frozen=True, kw_only=True)
class Config(CellConfig):
    """{kind: lstm, hidden: 128}"""

    forget_bias: Scalar = 1.0
    """Added to the initial bias of the forget gate."""

    engines: ClassVar[tuple[str, ...]] = ("checkpointed", "reference", "fused")
    widens: ClassVar[bool] = True

    def parameters(self, inputs: int) -> int:
        """4 (d h + h^2 + h)."""
        return 4 * self.hidden * (inputs + self.hidden + 1)

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "LSTM":
        return LSTM(inputs, self, rngs=rngs, dtype=dtype)


def pointwise(theta: Any, wx: Float[Array, "b g"], rh: Float[Array, "b g"], carry: Carry) -> Carry:
    """The equations above, after the two matrix products."""
    i, f, g, o = jnp.split(wx + rh, 4, axis=-1)
    c = sigmoid(f) * carry.c + sigmoid(i) * tanh(g)
    return Carry(h=sigmoid(o) * tanh(c), c=c)


class LSTM(PointwiseCell):
    """LSTM with a forget gate."""

    def __init__(self, inputs: int, config: Config, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32):
        h = self.hidden = config.hidden
        self.kernel = init.gates(config.kernel_init, rngs, inputs, h, 4, config.init_scale, dtype)
        self.recurrent = init.gates(config.recurrent_init, rngs, h, h, 4, config.init_scale, dtype)
        bias = init.bias(config.kernel_init, rngs, h, 4, config.init_scale, dtype)
        self.bias = init.raised(bias, 1, h, config.forget_bias)

    pointwise = property(lambda self: pointwise)

    def initial_carry(self, batch: int) -> Carry:
        zeros = jnp.zeros((batch, self.hidden), self.kernel[...].dtype)
        return Carry(h=zeros, c=zeros)
