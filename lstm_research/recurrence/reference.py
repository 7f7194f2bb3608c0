"""The reference engine: a plain `lax.scan`, differentiated by JAX. Every other engine must equal it."""

from collections.abc import Callable
from typing import Any

import jax
from jaxtyping import Array, Bool, Float

from lstm_research.recurrence.select import select


def reference(
    step: Callable[[Any, Any], tuple[Any, Array]],
    carry: Any,
    initial: Any,
    wx: Float[Array, "t b g"],
    mask: Bool[Array, "t b"],
    reset: Bool[Array, "t b"],
) -> tuple[Any, Float[Array, "t b h"]]:
    """Fold `step` over time.

    Args:
      step: (carry, wx_t) -> (carry, h_t).
      carry: the carry before the first step.
      initial: the carry that a reset restores.
      wx: projected inputs.
      mask: where False, the carry is held and h_t repeats the last valid h.
      reset: where True, the carry is `initial` before the step.

    Returns:
      The last carry and h for every step. With t = 0 the carry comes back as it was.
    """

    def body(carry: Any, inputs: tuple[Array, Array, Array]) -> tuple[Any, Array]:
        wx_t, mask_t, reset_t = inputs
        carry = select(reset_t, initial, carry)
        new, _ = step(carry, wx_t)
        carry = select(mask_t, new, carry)
        return carry, carry.h

    return jax.lax.scan(body, carry, (wx, mask, reset))
