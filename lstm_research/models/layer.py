"""`Layer`: where a cell meets the engine that runs it through time."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float

from lstm_research.cells._cell import Cell, EngineCell, LinearCell, PointwiseCell
from lstm_research.cells._whole import WholeCell
from lstm_research.recurrence import checkpointed, fused, linear, product, reference


class Layer(nnx.Module):
    """A cell run over time in one direction.

    Args:
      cell: any `Cell`.
      engine: "reference" and "checkpointed" run any cell with a step, "fused" a `PointwiseCell` or a `LinearCell`,
        "associative" a `LinearCell`, "whole" a `WholeCell`.
      checkpoint_every: steps in a segment of the engine "checkpointed"; None is the square root of the length.
      learned_carry: make the initial carry a parameter, which starts at zero.
      reverse: run from the last step to the first; a sequence then starts at its own last step, resets included.
    """

    def __init__(
        self,
        cell: Cell,
        *,
        engine: str = "reference",
        checkpoint_every: int | None = None,
        learned_carry: bool = False,
        reverse: bool = False,
    ):
        self.cell = cell
        self.engine = engine
        self.checkpoint_every = checkpoint_every
        self.reverse = reverse
        self.first = nnx.data(jax.tree.map(lambda x: nnx.Param(x[0]), cell.initial_carry(1)) if learned_carry else None)

    def initial_carry(self, batch: int) -> Any:
        """The carry before a sequence, zero or learned; every array starts with axis b."""
        zeros = self.cell.initial_carry(batch)
        if self.first is None:
            return zeros
        return jax.tree.map(lambda x, z: jnp.broadcast_to(x[...][None], z.shape), self.first, zeros, is_leaf=_is_param)

    def __call__(
        self,
        xs: Float[Array, "t b d"],
        carry: Any = None,
        mask: Bool[Array, "t b"] | None = None,
        reset: Bool[Array, "t b"] | None = None,
    ) -> tuple[Any, Float[Array, "t b h"]]:
        """Run over xs.

        Args:
          xs: inputs; what stands at padding, NaN included, has no influence.
          carry: the carry before the first step (in reverse: before the last); by default the initial one.
          mask: valid steps, by default all. At the others the carry is held.
          reset: steps before which the carry is the initial one again, by default none.

        Returns:
          The carry after the last step run, and h at every step.
        """
        mask = jnp.ones(xs.shape[:2], bool) if mask is None else mask
        reset = jnp.zeros(xs.shape[:2], bool) if reset is None else reset
        return _run(*nnx.split(self), xs, carry, mask, reset)

    def run(
        self, xs: Float[Array, "t b d"], carry: Any, mask: Bool[Array, "t b"], reset: Bool[Array, "t b"]
    ) -> tuple[Any, Float[Array, "t b h"]]:
        """The call, traced."""
        if self.reverse:
            started_by_next = jnp.concatenate([reset[1:], jnp.zeros_like(reset[:1])])
            xs, mask, reset = (jnp.flip(x, 0) for x in (xs, mask, started_by_next[: xs.shape[0]]))
        initial = self.initial_carry(xs.shape[1])
        carry = initial if carry is None else carry
        if self.engine == "checkpointed":
            segment = partial(self._fold, fastest(self.cell), initial)
            carry, hs = checkpointed(segment, carry, xs, mask, reset, self.checkpoint_every)
        else:
            carry, hs = self._fold(self.engine, initial, carry, xs, mask, reset)
        return carry, jnp.flip(hs, 0) if self.reverse else hs

    def _fold(
        self,
        engine: str,
        initial: Any,
        carry: Any,
        xs: Float[Array, "t b d"],
        mask: Bool[Array, "t b"],
        reset: Bool[Array, "t b"],
    ) -> tuple[Any, Float[Array, "t b h"]]:
        """Project xs, and run the cell over them in this order."""
        cell = self.cell
        # Masked inputs are zeroed before anything touches them: 0 x NaN would reach the gradients.
        xs = jnp.where(mask[..., None], xs, jnp.zeros_like(xs))
        if isinstance(cell, WholeCell):
            return carry, cell.whole(xs, mask, reset)
        if engine == "reference":
            return reference(cell.step, carry, initial, cell.project(xs), mask, reset)
        assert isinstance(cell, EngineCell), "the config is checked at load"
        wx = cell.project(xs, product)
        if isinstance(cell, LinearCell):
            parallel = engine == "associative"
            return linear(*cell.coefficients(wx), carry, initial, mask, reset, parallel=parallel)
        assert isinstance(cell, PointwiseCell)
        return fused(cell.pointwise, cell.theta, cell.recurrent[...], carry, initial, wx, mask, reset)

    def step(self, carry: Any, x: Float[Array, "b d"]) -> tuple[Any, Float[Array, "b h"]]:
        """One step, for streaming."""
        return self.cell.step(carry, self.cell.project(x))


def fastest(cell: Cell) -> str:
    """The engine that runs a cell fastest: the last one of its config's `engines`, told from the cell alone."""
    return "fused" if isinstance(cell, EngineCell) else "reference"


@partial(jax.jit, static_argnums=0, inline=True)
def _run(graph: Any, parameters: Any, *inputs: Any) -> tuple[Any, Float[Array, "t b h"]]:
    """`Layer.run`, compiled once: a scan outside of `jax.jit` would be compiled again at every call."""
    layer: Layer = nnx.merge(graph, parameters)
    return layer.run(*inputs)


def _is_param(x: Any) -> bool:
    return isinstance(x, nnx.Param)
