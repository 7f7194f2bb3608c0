"""minGRU: a GRU without recurrent matrices, linear in its state.

    z = sigmoid(W_z x + b_z)
    n = W_n x + b_n,                       candidate: linear
    n = g(W_n x + b_n),                    candidate: positive
    h' = (1 - z) * h + z * n
    g(y) = y + 0.5 where y >= 0, sigmoid(y) elsewhere

Stacked gates stand in the order z n. z opens towards the candidate, as the paper writes it.

References: Feng, Tung, Ahmed, Bengio & Hajimirsadeghi, Were RNNs All We Needed?, 2024 (arXiv 2410.01201), section 3.1;
the positive candidate is that of its appendix B, whose scan is in log space.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from lstm_research.cells import _initializers as init
from lstm_research.cells._cell import BaseConfig, LinearCell
from lstm_research.recurrence.activations import sigmoid


class Carry(NamedTuple):
    """Hidden state."""

    h: Float[Array, "b h"]


@dataclass(frozen=True, kw_only=True)
class Config(BaseConfig):
    """{kind: min_gru, hidden: 128}"""

    candidate: Literal["linear", "positive"] = "linear"
    """`linear` as in the paper's section 3, or `positive` through g, as in its appendix B: h stays positive then."""

    engines: ClassVar[tuple[str, ...]] = ("checkpointed", "reference", "associative", "fused")

    def parameters(self, inputs: int) -> int:
        """2 (d h + h)."""
        return 2 * self.hidden * (inputs + 1)

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "MinGRU":
        return MinGRU(inputs, self, rngs=rngs, dtype=dtype)


def positive(y: Float[Array, "..."]) -> Float[Array, "..."]:
    """The paper's g: continuous, above 0, and y + 0.5 where y is not negative."""
    return jnp.where(y >= 0, y + 0.5, sigmoid(y))


class MinGRU(LinearCell):
    """minGRU."""

    def __init__(self, inputs: int, config: Config, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32):
        h = self.hidden = config.hidden
        self.candidate = config.candidate
        self.kernel = init.gates(config.kernel_init, rngs, inputs, h, 2, config.init_scale, dtype)
        self.bias = init.bias(config.kernel_init, rngs, h, 2, config.init_scale, dtype)

    def coefficients(self, wx: Float[Array, "*tb g"]) -> tuple[Float[Array, "*tb h"], Float[Array, "*tb h"]]:
        z, n = jnp.split(wx, 2, axis=-1)
        z = sigmoid(z)
        return 1 - z, z * (positive(n) if self.candidate == "positive" else n)

    def initial_carry(self, batch: int) -> Carry:
        return Carry(h=jnp.zeros((batch, self.hidden), self.kernel[...].dtype))
