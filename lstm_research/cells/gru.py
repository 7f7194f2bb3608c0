"""Gated recurrent unit, reset gate applied after the recurrent product.

    r = sigmoid(W_r x + U_r h + b_r)
    z = sigmoid(W_z x + U_z h + b_z)
    n = tanh(W_n x + b_n + r * (U_n h + u_n))
    h' = (1 - z) * n + z * h

Stacked gates stand in the order r z n (torch.nn.GRU's, cuDNN's). `gru_reset_before` is the form of the first papers.

References: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, EMNLP 2014, arXiv v1 (this form);
Chung et al., Empirical Evaluation of Gated Recurrent Neural Networks on Sequence Modeling, 2014.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from lstm_research.cells import _initializers as init
from lstm_research.cells._cell import CellConfig, PointwiseCell
from lstm_research.recurrence.activations import sigmoid, tanh


class Carry(NamedTuple):
    """Hidden state."""

    h: Float[Array, "b h"]


@dataclass(frozen=True, kw_only=True)
class Config(CellConfig):
    """{kind: gru, hidden: 128}"""

    engines: ClassVar[tuple[str, ...]] = ("checkpointed", "reference", "fused")
    widens: ClassVar[bool] = True

    def parameters(self, inputs: int) -> int:
        """3 (d h + h^2 + h) + h."""
        return 3 * self.hidden * (inputs + self.hidden + 1) + self.hidden

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "GRU":
        return GRU(inputs, self, rngs=rngs, dtype=dtype)


def pointwise(theta: Float[Array, " h"], wx: Float[Array, "b g"], rh: Float[Array, "b g"], carry: Carry) -> Carry:
    """The equations above, after the two matrix products; theta is u_n."""
    wx_r, wx_z, wx_n = jnp.split(wx, 3, axis=-1)
    rh_r, rh_z, rh_n = jnp.split(rh, 3, axis=-1)
    n = tanh(wx_n + sigmoid(wx_r + rh_r) * (rh_n + theta[None]))
    z = sigmoid(wx_z + rh_z)
    return Carry(h=n + z * (carry.h - n))


class GRU(PointwiseCell):
    """GRU, reset after."""

    def __init__(self, inputs: int, config: Config, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32):
        h = self.hidden = config.hidden
        self.kernel = init.gates(config.kernel_init, rngs, inputs, h, 3, config.init_scale, dtype)
        self.recurrent = init.gates(config.recurrent_init, rngs, h, h, 3, config.init_scale, dtype)
        self.bias = init.bias(config.kernel_init, rngs, h, 3, config.init_scale, dtype)
        self.recurrent_bias = init.bias(config.kernel_init, rngs, h, 1, config.init_scale, dtype)

    pointwise = property(lambda self: pointwise)

    @property
    def theta(self) -> Float[Array, " h"]:
        return self.recurrent_bias[...]

    def initial_carry(self, batch: int) -> Carry:
        return Carry(h=jnp.zeros((batch, self.hidden), self.kernel[...].dtype))
