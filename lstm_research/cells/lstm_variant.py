"""LSTM with peepholes and one thing changed: the variants of the Search Space Odyssey.

The unchanged one is `peephole_lstm`, in the paper V:

    i = sigmoid(W_i x + U_i h + p_i * c + b_i)
    f = sigmoid(W_f x + U_f h + p_f * c + b_f)
    g = tanh(W_g x + U_g h + b_g)
    c' = f * c + i * g
    o = sigmoid(W_o x + U_o h + p_o * c' + b_o)
    h' = o * tanh(c')

    nig   no input gate: i = 1                niaf  no input activation: g without tanh
    nfg   no forget gate: f = 1               noaf  no output activation: h' = o * c'
    nog   no output gate: o = 1               cifg  coupled input and forget gate: f = 1 - i

Without peepholes (NP) it is `lstm`, with full gate recurrence (FGR) `full_gate_lstm`. Stacked gates stand in the order
i f g o, peepholes i f o, those that a variant has.

References: Greff, Srivastava, Koutnik, Steunebrink & Schmidhuber, LSTM: A Search Space Odyssey, arXiv:1503.04069,
section III.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal, get_args

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from lstm_research.cells import _initializers as init
from lstm_research.cells._cell import CellConfig, PointwiseCell
from lstm_research.cells.lstm import Carry
from lstm_research.config.fields import Scalar
from lstm_research.recurrence.activations import sigmoid, tanh

Variant = Literal["nig", "nfg", "nog", "niaf", "noaf", "cifg"]
GATES = {"nig": "fgo", "nfg": "igo", "nog": "ifg", "niaf": "ifgo", "noaf": "ifgo", "cifg": "igo"}


@dataclass(frozen=True, kw_only=True)
class Config(CellConfig):
    """{kind: lstm_variant, variant: cifg, hidden: 128}"""

    variant: Variant
    """What is changed."""
    forget_bias: Scalar = 1.0
    """Added to the initial bias of the forget gate, where there is one."""

    engines: ClassVar[tuple[str, ...]] = ("checkpointed", "reference", "fused")
    widens: ClassVar[bool] = True

    def parameters(self, inputs: int) -> int:
        """n (d h + h^2 + h) + m h, with n gates and candidates, m of them gates."""
        gates = GATES[self.variant]
        return len(gates) * self.hidden * (inputs + self.hidden + 1) + (len(gates) - 1) * self.hidden

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "LSTMVariant":
        return LSTMVariant(inputs, self, rngs=rngs, dtype=dtype)


def _pointwise(variant: Variant, theta: Any, wx: Float[Array, "b g"], rh: Float[Array, "b g"], carry: Carry) -> Carry:
    """The equations above, after the two matrix products; theta holds the peepholes by gate."""
    z = dict(zip(GATES[variant], jnp.split(wx + rh, len(GATES[variant]), axis=-1), strict=True))

    def gate(name: str, c: Float[Array, "b h"]) -> Any:
        return sigmoid(z[name] + theta[name] * c)

    i: Any = 1.0 if variant == "nig" else gate("i", carry.c)
    f: Any = 1.0 if variant == "nfg" else 1.0 - i if variant == "cifg" else gate("f", carry.c)
    c = f * carry.c + i * (z["g"] if variant == "niaf" else tanh(z["g"]))
    o: Any = 1.0 if variant == "nog" else gate("o", c)
    return Carry(h=o * (c if variant == "noaf" else tanh(c)), c=c)


VARIANTS: tuple[Variant, ...] = get_args(Variant)
POINTWISE = {variant: partial(_pointwise, variant) for variant in VARIANTS}


class LSTMVariant(PointwiseCell):
    """A variant; its peepholes start at zero."""

    def __init__(self, inputs: int, config: Config, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32):
        h = self.hidden = config.hidden
        self.variant = config.variant
        gates = GATES[config.variant]
        self.kernel = init.gates(config.kernel_init, rngs, inputs, h, len(gates), config.init_scale, dtype)
        self.recurrent = init.gates(config.recurrent_init, rngs, h, h, len(gates), config.init_scale, dtype)
        bias = init.bias(config.kernel_init, rngs, h, len(gates), config.init_scale, dtype)
        self.bias = init.raised(bias, gates.index("f"), h, config.forget_bias) if "f" in gates else bias
        self.peepholes = nnx.Param(jnp.zeros((len(gates) - 1, h), dtype))

    pointwise = property(lambda self: POINTWISE[self.variant])

    @property
    def theta(self) -> dict[str, Float[Array, "1 h"]]:
        # Split here, outside the loop: the tape of the fused engine stacks a slice made inside it at every step.
        p = self.peepholes[...]
        names = GATES[self.variant].replace("g", "")
        return {name: p[place : place + 1] for place, name in enumerate(names)}

    def initial_carry(self, batch: int) -> Carry:
        zeros = jnp.zeros((batch, self.hidden), self.kernel[...].dtype)
        return Carry(h=zeros, c=zeros)
