"""A recurrent cell of Flax NNX, run by our layer through the reference engine.

Equations, initial values and parameters are Flax's own (`flax.nnx.LSTMCell` and its neighbours); masks, resets,
populations and everything above work as for our cells.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import jax.numpy as jnp
from annotated_types import Ge
from flax import nnx
from jaxtyping import Array, Float

from lstm_research.cells._cell import Cell


class Carry(NamedTuple):
    """Flax's carry: (c, h) of an LSTM, h of the others."""

    flax: Any

    @property
    def h(self) -> Float[Array, "b h"]:
        """The output, which is part of every carry of Flax's."""
        return self.flax[-1] if isinstance(self.flax, tuple) else self.flax


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: flax_cell, name: OptimizedLSTMCell, hidden: 128}"""

    name: Literal["LSTMCell", "OptimizedLSTMCell", "GRUCell", "SimpleCell"]
    """The class in `flax.nnx`."""
    hidden: Annotated[int, Ge(1)]
    """Number of units."""

    engines: ClassVar[tuple[str, ...]] = ("checkpointed", "reference")

    def parameters(self, inputs: int) -> int:
        """Gates times (d h + h^2 + h)."""
        gates = {"SimpleCell": 1, "GRUCell": 3}.get(self.name, 4)
        return gates * self.hidden * (inputs + self.hidden + 1)

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "FlaxCell":
        # Flax's cells cannot be built without a stream of keys; the values are replaced then.
        build = getattr(nnx, self.name)
        streams = nnx.Rngs(0) if rngs is None else rngs
        cell = build(inputs, self.hidden, dtype=dtype, param_dtype=dtype, rngs=streams, keep_rngs=False)
        return FlaxCell(cell, self.hidden, dtype)


class FlaxCell(Cell):
    """Adapter from `nnx.RNNCellBase` to `Cell`."""

    def __init__(self, cell: nnx.RNNCellBase, hidden: int, dtype: Any):
        self.cell = cell
        self.hidden = hidden
        self.dtype = dtype

    def project(self, xs: Float[Array, "*tb d"]) -> Float[Array, "*tb d"]:
        """Inputs as they are: Flax's cell projects them in its step."""
        return xs

    def step(self, carry: Carry, wx: Float[Array, "b d"]) -> tuple[Carry, Float[Array, "b h"]]:
        state, h = self.cell(carry.flax, wx)
        return Carry(state), h

    def initial_carry(self, batch: int) -> Carry:
        zeros = jnp.zeros((batch, self.hidden), self.dtype)
        paired = isinstance(self.cell, nnx.LSTMCell | nnx.OptimizedLSTMCell)
        return Carry((zeros, zeros) if paired else zeros)
