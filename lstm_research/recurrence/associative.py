"""The associative engine: linear recurrences h_t = a_t * h_{t-1} + b_t in about 2 log2(t) parallel steps.

Steps compose: (a, b) then (a', b') is (a' a, a' b + b'), so all prefixes come from `jax.lax.associative_scan`. Padding
is the step (1, 0), a reset the step (0, a * initial + b). The backward pass is a recurrence of the same kind, run from
the end:

    dh_t = d_t + a_{t+1} * dh_{t+1},    db_t = dh_t,    da_t = dh_t * h_{t-1}

with d_t the gradient that reaches h_t from outside. It needs a and h only, where JAX's own derivative of the scan
keeps every level of the tree.

On CPU it pays for narrow rows only, since the tree moves more memory than the plain scan. A training step of `min_gru`,
as a multiple of its time on `reference` (steps; batch, inputs, units):

    30; 4, 16, 32: 1.04     100; 32, 64, 128: 1.06     1000; 16, 16, 64: 1.4     10,000; 16, 16, 64: 1.7
    1000; 1, 16, 16: 0.44

(least of 7 or 9 rounds in turn, float32, 2 busy cores.) So `auto` is `reference` for linear cells. An accelerator,
which waits for each of t small steps, is what this engine is for; it was not measured there.

References: Blelloch, Prefix Sums and Their Applications, 1990, section 1.4; Martin & Cundy, Parallelizing Linear
Recurrent Neural Nets Over Sequence Length, ICLR 2018 (with this backward pass).

Reverse mode only; forward mode and higher orders use the reference engine.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int


def associative(
    a: Float[Array, "t b h"],
    b: Float[Array, "t b h"],
    carry: Any,
    initial: Any,
    mask: Bool[Array, "t b"],
    reset: Bool[Array, "t b"],
) -> tuple[Any, Float[Array, "t b h"]]:
    """All h of h_t = a_t * h_{t-1} + b_t.

    Args:
      a, b: coefficients; finite at padding too.
      carry, initial: NamedTuples whose only field is h.
      mask, reset: as for `reference`.

    Returns:
      The last carry and h for every step, equal to `reference` in value and gradient up to the order of additions.
    """
    valid, again = mask[..., None], reset[..., None]
    a = jnp.where(valid, a, jnp.ones_like(a))
    b = jnp.where(valid, b, jnp.zeros_like(b))
    b = jnp.where(again, a * initial.h[None] + b, b)
    a = jnp.where(again, jnp.zeros_like(a), a)
    steps = jnp.arange(a.shape[0], dtype=jnp.int32)[:, None]
    moved = jax.lax.cummax(jnp.where(mask | reset, steps, jnp.zeros_like(steps)), axis=0)
    hs = _prefixes(a, b, carry.h, moved)
    return (carry._replace(h=hs[-1]) if a.shape[0] else carry), hs


@jax.custom_vjp
def _prefixes(
    a: Float[Array, "t b h"], b: Float[Array, "t b h"], first: Float[Array, "b h"], moved: Int[Array, "t b"]
) -> Float[Array, "t b h"]:
    """h at every step; `moved` is the last step up to t that is no padding (0 if there is none)."""
    product, total = jax.lax.associative_scan(_then, (a, b))
    hs = product * first[None] + total
    # The tree adds in another order at each t: h at padding is the last valid h up to rounding only, until copied.
    return jnp.take_along_axis(hs, moved[..., None], axis=0)


def _then(earlier: tuple[Array, Array], later: tuple[Array, Array]) -> tuple[Array, Array]:
    (a, b), (next_a, next_b) = earlier, later
    return next_a * a, next_a * b + next_b


def _forward(a, b, first, moved):  # type: ignore[no-untyped-def]
    hs = _prefixes(a, b, first, moved)
    return hs, (a, first, hs)


def _backward(residuals, dhs):  # type: ignore[no-untyped-def]
    a, first, hs = residuals
    following = jnp.concatenate([a[1:], jnp.zeros_like(a[:1])])
    _, dh = jax.lax.associative_scan(_then, (following, dhs), reverse=True)
    before = jnp.concatenate([first[None], hs])[: a.shape[0]]
    dfirst = (a[:1] * dh[:1]).sum(axis=0)
    return dh * before, dh, dfirst, None


_prefixes.defvjp(_forward, _backward)
