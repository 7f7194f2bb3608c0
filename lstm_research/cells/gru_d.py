"""GRU-D: a gated recurrent unit for values that are not always measured, which forgets what it has not seen for long.

Inputs are [x, m, d], a third each: the last value of a channel that was measured (0 before the first), whether it was
measured at this step (1 or 0), and how long ago before it; x is standardised, so that the mean of a channel is 0.

    gamma_x = exp(-max(0, w_x * d + b_x))        for every channel on its own
    gamma_h = exp(-max(0, W_h d + b_h))
    u = m * x + (1 - m) * gamma_x * x
    h~ = gamma_h * h
    z = sigmoid(W_z u + U_z h~ + V_z m + b_z)
    r = sigmoid(W_r u + U_r h~ + V_r m + b_r)
    n = tanh(W_n u + U_n (r * h~) + V_n m + b_n)
    h' = (1 - z) * h~ + z * n

Stacked gates stand in the order r z n. The decays of the inputs need w_x, which starts at 0.1: at 0, and a bias of 0,
the maximum would pass no gradient where it is not exceeded.

Reference: Che, Purushotham, Cho, Sontag & Liu, Recurrent Neural Networks for Multivariate Time Series with Missing
Values,
  arXiv:1606.01865, equations 10-16 (section 2.2).
"""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from lstm_research.cells import _initializers as init
from lstm_research.cells._cell import Cell, CellConfig
from lstm_research.cells.gru import Carry
from lstm_research.recurrence.activations import sigmoid, tanh
from lstm_research.types import ConfigError

DECAY = 0.1
"""First weight of every decay."""


@dataclass(frozen=True, kw_only=True)
class Config(CellConfig):
    """{kind: gru_d, hidden: 64}"""

    def parameters(self, inputs: int) -> int:
        """With k = d / 3 channels: 3 h (2 k + h + 1) of the gates, 2 k and h (k + 1) of the decays."""
        k, h = inputs // 3, self.hidden
        return 3 * h * (2 * k + h + 1) + 2 * k + h * (k + 1)

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "GRUD":
        if inputs % 3:
            raise ConfigError(
                f"model.cell.kind=gru_d sees values, whether measured, how long ago: a third of its inputs each, and "
                f"{inputs} is not divisible by 3; set task.show=decay, model.encoder=none and one layer"
            )
        return GRUD(inputs, self, rngs=rngs, dtype=dtype)


class GRUD(Cell):
    """GRU-D."""

    def __init__(self, inputs: int, config: Config, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32):
        h, k = config.hidden, inputs // 3
        self.hidden, self.inputs = h, k
        self.kernel = init.gates(config.kernel_init, rngs, 2 * k, h, 3, config.init_scale, dtype)
        self.recurrent = init.gates(config.recurrent_init, rngs, h, h, 3, config.init_scale, dtype)
        self.bias = init.bias(config.kernel_init, rngs, h, 3, config.init_scale, dtype)
        start = 0.0 if rngs is None else DECAY
        self.input_decay = nnx.Param(jnp.full((2, k), start, dtype))
        self.state_decay = nnx.Param(jnp.full((k, h), start / max(k, 1), dtype))
        self.state_decay_bias = nnx.Param(jnp.zeros(h, dtype))

    def project(self, xs: Float[Array, "*tb d"]) -> Float[Array, "*tb g"]:
        """[W u + V m + b, gamma_h] for all steps at once: nothing of it needs the state."""
        k, flat = self.inputs, (1,) * (xs.ndim - 1)
        x, m, ago = xs[..., :k], xs[..., k : 2 * k], xs[..., 2 * k :]
        weight, bias = self.input_decay[...]
        gamma = jnp.exp(-jnp.maximum(0, weight.reshape((*flat, -1)) * ago + bias.reshape((*flat, -1))))
        u = m * x + (1 - m) * gamma * x
        wx = jnp.concatenate([u, m], axis=-1) @ self.kernel[...] + self.bias[...].reshape((*flat, -1))
        decay = ago @ self.state_decay[...] + self.state_decay_bias[...].reshape((*flat, -1))
        return jnp.concatenate([wx, jnp.exp(-jnp.maximum(0, decay))], axis=-1)

    def step(self, carry: Carry, wx: Float[Array, "b g"]) -> tuple[Carry, Float[Array, "b h"]]:
        n = self.hidden
        h = wx[:, 3 * n :] * carry.h
        gates, candidate = self.recurrent[...][:, : 2 * n], self.recurrent[...][:, 2 * n :]
        r, z = jnp.split(sigmoid(wx[:, : 2 * n] + h @ gates), 2, axis=-1)
        h = h + z * (tanh(wx[:, 2 * n : 3 * n] + (r * h) @ candidate) - h)
        return Carry(h=h), h

    def initial_carry(self, batch: int) -> Carry:
        return Carry(h=jnp.zeros((batch, self.hidden), self.kernel[...].dtype))
