"""The checkpointed engine: long sequences in bounded memory, for one more forward pass.

The time axis is cut into segments of k steps. Of the forward pass only the carry before each segment is kept; the
backward pass runs a segment again, from that carry, to have its tape, so that one segment's tape exists at a time:

    values kept for T steps:   T / k carries + k steps of tape,   least near k = sqrt(T)

beside the inputs and h at every step, which belong to the caller. Projected inputs never exist for more than a
segment. `fused` saves what the backward pass needs, `checkpointed` recomputes it.

References: Chen, Xu, Zhang & Guestrin, Training Deep Nets with Sublinear Memory Cost, 2016, section 4.1; Gruslys,
Munos, Danihelka, Lanctot & Graves, Memory-Efficient Backpropagation Through Time, NIPS 2016.
"""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


def checkpointed(
    segment: Callable[[Any, Array, Array, Array], tuple[Any, Array]],
    carry: Any,
    xs: Float[Array, "t b d"],
    mask: Bool[Array, "t b"],
    reset: Bool[Array, "t b"],
    every: int | None = None,
) -> tuple[Any, Float[Array, "t b h"]]:
    """Run `segment` over one piece of the time axis after the other.

    Args:
      segment: (carry, xs, mask, reset) -> (carry, hs) over `every` steps: projects the inputs and runs another engine.
      carry: the carry before the first step.
      xs: inputs, not projected.
      mask, reset: as for `reference`.
      every: k, at least 1; None is sqrt(t), rounded up.

    Returns:
      The last carry and h for every step, equal to `segment` over all of them in value and gradient.
    """
    steps = xs.shape[0]
    every = segment_length(steps, every)
    segments = math.ceil(steps / every)

    def cut(x: Array) -> Array:
        # What fills the last segment is masked (False is 0): it holds the carry.
        filled = jnp.pad(x, [(0, segments * every - steps)] + [(0, 0)] * (x.ndim - 1))
        return filled.reshape(segments, every, *x.shape[1:])

    def body(carry: Any, inputs: tuple[Array, Array, Array]) -> tuple[Any, Array]:
        return segment(carry, *inputs)

    # prevent_cse: the loop itself keeps XLA from merging the second forward pass with the first.
    last, hs = jax.lax.scan(jax.checkpoint(body, prevent_cse=False), carry, (cut(xs), cut(mask), cut(reset)))
    return last, hs.reshape(segments * every, *hs.shape[2:])[:steps]


def segment_length(steps: int, every: int | None) -> int:
    """k for sequences of `steps`: what was asked for, but no more than there are steps; sqrt(steps), rounded up."""
    return max(1, min(steps, every or math.ceil(math.sqrt(steps))))
