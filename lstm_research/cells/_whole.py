"""`WholeCell`: what reads a sequence at once, by looking back instead of remembering.

Not recurrent: rows to put beside recurrent networks under the same budget. Each direction of a bidirectional model is
one of its own, so that every step still sees its own side only.
"""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from lstm_research.cells._cell import Cell

ENGINES = ("whole",)
"""Of the config of a `WholeCell`."""


class WholeCell(Cell):
    """Runs over all steps in one call, with the engine "whole"; it has no step and hands nothing on."""

    def initial_carry(self, batch: int) -> tuple[()]:
        return ()

    def whole(
        self, xs: Float[Array, "t b d"], mask: Bool[Array, "t b"], reset: Bool[Array, "t b"]
    ) -> Float[Array, "t b h"]:
        """h at every step, from the valid steps up to it and since the last reset; zeros at padding.

        Args:
          xs: zeros at padding.
        """
        raise NotImplementedError

    def project(self, xs: Float[Array, "*tb d"]) -> Float[Array, "*tb d"]:
        return xs

    def step(self, carry: Any, wx: Float[Array, "b d"]) -> tuple[Any, Float[Array, "b h"]]:
        """Raises ValueError."""
        raise ValueError(f"{type(self).__name__} looks back at a sequence and cannot go on step by step")


def sequence_number(reset: Bool[Array, "t b"]) -> Int[Array, "t b"]:
    """Which sequence of its row a step belongs to: those of one number see each other."""
    return jnp.cumsum(reset, axis=0, dtype=jnp.int32)
