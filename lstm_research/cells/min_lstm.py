"""minLSTM: an LSTM without recurrent matrices and output gate, linear in its state.

    i = sigmoid(W_i x + b_i)
    f = sigmoid(W_f x + b_f)
    n = W_n x + b_n,                       candidate: linear
    n = g(W_n x + b_n),                    candidate: positive
    h' = f / (f + i) * h + i / (f + i) * n
    g(y) = y + 0.5 where y >= 0, sigmoid(y) elsewhere

Stacked gates stand in the order i f n.

References: Feng, Tung, Ahmed, Bengio & Hajimirsadeghi, Were RNNs All We Needed?, 2024 (arXiv 2410.01201), section 3.2;
the positive candidate is that of its appendix B, whose scan is in log space.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from lstm_research.cells import _initializers as init
from lstm_research.cells._cell import BaseConfig, LinearCell
from lstm_research.cells.min_gru import Carry, positive
from lstm_research.config.fields import Scalar
from lstm_research.recurrence.activations import sigmoid


@dataclass(frozen=True, kw_only=True)
class Config(BaseConfig):
    """{kind: min_lstm, hidden: 128}"""

    candidate: Literal["linear", "positive"] = "linear"
    """`linear` as in the paper's section 3, or `positive` through g, as in its appendix B: h stays positive then."""
    forget_bias: Scalar = 0.0
    """Added to the initial bias of the forget gate. At 0 half of the state is forgotten at each step."""

    engines: ClassVar[tuple[str, ...]] = ("checkpointed", "reference", "associative", "fused")

    def parameters(self, inputs: int) -> int:
        """3 (d h + h)."""
        return 3 * self.hidden * (inputs + 1)

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "MinLSTM":
        return MinLSTM(inputs, self, rngs=rngs, dtype=dtype)


class MinLSTM(LinearCell):
    """minLSTM."""

    def __init__(self, inputs: int, config: Config, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32):
        h = self.hidden = config.hidden
        self.candidate = config.candidate
        self.kernel = init.gates(config.kernel_init, rngs, inputs, h, 3, config.init_scale, dtype)
        bias = init.bias(config.kernel_init, rngs, h, 3, config.init_scale, dtype)
        self.bias = init.raised(bias, 1, h, config.forget_bias)

    def coefficients(self, wx: Float[Array, "*tb g"]) -> tuple[Float[Array, "*tb h"], Float[Array, "*tb h"]]:
        i, f, n = jnp.split(wx, 3, axis=-1)
        # i / (f + i) = sigmoid(log i - log f), which is no 0 / 0 where both gates are shut.
        share = sigmoid(jax.nn.softplus(-f) - jax.nn.softplus(-i))
        return 1 - share, share * (positive(n) if self.candidate == "positive" else n)

    def initial_carry(self, batch: int) -> Carry:
        return Carry(h=jnp.zeros((batch, self.hidden), self.kernel[...].dtype))
