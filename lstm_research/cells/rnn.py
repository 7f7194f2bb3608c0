"""Elman's simple recurrent network.

    h' = activation(W x + U h + b)

References: Elman, Finding Structure in Time, Cognitive Science 14(2), 1990. With relu and an identity recurrent matrix
(`recurrent_init: identity`): Le, Jaitly & Hinton, A Simple Way to Initialize Recurrent Networks of Rectified Linear
Units, 2015.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from lstm_research.cells import _initializers as init
from lstm_research.cells._cell import CellConfig, PointwiseCell
from lstm_research.recurrence.activations import relu, tanh


class Carry(NamedTuple):
    """Hidden state."""

    h: Float[Array, "b h"]


@dataclass(frozen=True, kw_only=True)
class Config(CellConfig):
    """{kind: rnn, hidden: 128, activation: tanh}"""

    activation: Literal["tanh", "relu"] = "tanh"
    """The squashing function."""

    engines: ClassVar[tuple[str, ...]] = ("checkpointed", "reference", "fused")
    widens: ClassVar[bool] = True

    def parameters(self, inputs: int) -> int:
        """d h + h^2 + h."""
        return self.hidden * (inputs + self.hidden + 1)

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "RNN":
        return RNN(inputs, self, rngs=rngs, dtype=dtype)


def pointwise_tanh(theta: Any, wx: Float[Array, "b h"], rh: Float[Array, "b h"], carry: Carry) -> Carry:
    """The equation above with tanh."""
    return Carry(h=tanh(wx + rh))


def pointwise_relu(theta: Any, wx: Float[Array, "b h"], rh: Float[Array, "b h"], carry: Carry) -> Carry:
    """The equation above with relu."""
    return Carry(h=relu(wx + rh))


class RNN(PointwiseCell):
    """Elman network with tanh or relu."""

    def __init__(self, inputs: int, config: Config, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32):
        h = self.hidden = config.hidden
        self.activation = config.activation
        self.kernel = init.gates(config.kernel_init, rngs, inputs, h, 1, config.init_scale, dtype)
        self.recurrent = init.gates(config.recurrent_init, rngs, h, h, 1, config.init_scale, dtype)
        self.bias = init.bias(config.kernel_init, rngs, h, 1, config.init_scale, dtype)

    pointwise = property(lambda self: pointwise_tanh if self.activation == "tanh" else pointwise_relu)

    def initial_carry(self, batch: int) -> Carry:
        return Carry(h=jnp.zeros((batch, self.hidden), self.kernel[...].dtype))
