"""Gated recurrent unit, reset gate applied to the state before the recurrent product.

    r = sigmoid(W_r x + U_r h + b_r)
    z = sigmoid(W_z x + U_z h + b_z)
    n = tanh(W_n x + U_n (r * h) + b_n)
    h' = (1 - z) * h + z * n

Stacked gates stand in the order r z n. z opens towards the candidate here, as the paper writes it; in `gru` it keeps
the old state. The candidate's product needs r first, so this cell gives `step` and runs on the reference engine.

References: Chung et al., Empirical Evaluation of Gated Recurrent Neural Networks on Sequence Modeling, 2014,
section 3.2; Cho et al., EMNLP 2014.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from lstm_research.cells import _initializers as init
from lstm_research.cells._cell import Cell, CellConfig
from lstm_research.cells.gru import Carry
from lstm_research.recurrence.activations import sigmoid, tanh


@dataclass(frozen=True, kw_only=True)
class Config(CellConfig):
    """{kind: gru_reset_before, hidden: 128}"""

    widens: ClassVar[bool] = True

    def parameters(self, inputs: int) -> int:
        """3 (d h + h^2 + h)."""
        return 3 * self.hidden * (inputs + self.hidden + 1)

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "GRUResetBefore":
        return GRUResetBefore(inputs, self, rngs=rngs, dtype=dtype)


class GRUResetBefore(Cell):
    """GRU, reset before."""

    def __init__(self, inputs: int, config: Config, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32):
        h = self.hidden = config.hidden
        self.kernel = init.gates(config.kernel_init, rngs, inputs, h, 3, config.init_scale, dtype)
        self.recurrent = init.gates(config.recurrent_init, rngs, h, h, 3, config.init_scale, dtype)
        self.bias = init.bias(config.kernel_init, rngs, h, 3, config.init_scale, dtype)

    def step(self, carry: Carry, wx: Float[Array, "b g"]) -> tuple[Carry, Float[Array, "b h"]]:
        wx_gates, wx_n = wx[:, : 2 * self.hidden], wx[:, 2 * self.hidden :]
        gates, candidate = self.recurrent[...][:, : 2 * self.hidden], self.recurrent[...][:, 2 * self.hidden :]
        r, z = jnp.split(sigmoid(wx_gates + carry.h @ gates), 2, axis=-1)
        n = tanh(wx_n + (r * carry.h) @ candidate)
        h = carry.h + z * (n - carry.h)
        return Carry(h=h), h

    def initial_carry(self, batch: int) -> Carry:
        return Carry(h=jnp.zeros((batch, self.hidden), self.kernel[...].dtype))
