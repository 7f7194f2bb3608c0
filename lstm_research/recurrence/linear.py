"""Two engines for linear recurrences h_t = a_t * h_{t-1} + b_t, whose coefficients are known for all steps beforehand.

`fused` runs through the steps; `associative` needs about 2 log2(t) steps that are parallel over time. Steps compose:
(a, b) then (a', b') is (a' a, a' b + b'), so all prefixes come from `jax.lax.associative_scan`. In both, padding is the
step (1, 0) and a reset the step (0, a * initial + b), and the backward pass is a recurrence of the same kind, run from
the end:

    dh_t = d_t + a_{t+1} * dh_{t+1},    db_t = dh_t,    da_t = dh_t * h_{t-1}

with d_t the gradient that reaches h_t from outside. It needs a and h only, where JAX's own derivative of the
associative scan keeps every level of the tree.

References: Blelloch, Prefix Sums and Their Applications, 1990, section 1.4; Martin & Cundy, Parallelizing Linear
Recurrent Neural Nets Over Sequence Length, ICLR 2018 (with this backward pass).

Reverse mode only; forward mode and higher orders use the reference engine.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int


def linear(
    a: Float[Array, "t b h"],
    b: Float[Array, "t b h"],
    carry: Any,
    initial: Any,
    mask: Bool[Array, "t b"],
    reset: Bool[Array, "t b"],
    *,
    parallel: bool,
) -> tuple[Any, Float[Array, "t b h"]]:
    """All h of h_t = a_t * h_{t-1} + b_t.

    Args:
      a, b: coefficients; finite at padding too.
      carry, initial: NamedTuples whose only field is h.
      mask, reset: as for `reference`.
      parallel: over time; else step by step.

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
    hs = _prefixes(parallel, a, b, carry.h, moved)
    return (carry._replace(h=hs[-1]) if a.shape[0] else carry), hs


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _prefixes(
    parallel: bool,
    a: Float[Array, "t b h"],
    b: Float[Array, "t b h"],
    first: Float[Array, "b h"],
    moved: Int[Array, "t b"],
) -> Float[Array, "t b h"]:
    """h at every step; `moved` is the last step up to t that is no padding (0 if there is none)."""
    if not parallel:
        return _run(a, b, first)
    product, total = jax.lax.associative_scan(_then, (a, b))
    hs = product * first[None] + total
    # The tree adds in another order at each t: h at padding is the last valid h up to rounding only, until copied.
    return jnp.take_along_axis(hs, moved[..., None], axis=0)


def _run(
    a: Float[Array, "t b h"], b: Float[Array, "t b h"], first: Float[Array, "b h"], *, reverse: bool = False
) -> Float[Array, "t b h"]:
    def step(h: Array, coefficients: tuple[Array, Array]) -> tuple[Array, Array]:
        h = coefficients[0] * h + coefficients[1]
        return h, h

    return jax.lax.scan(step, first, (a, b), reverse=reverse)[1]


def _then(earlier: tuple[Array, Array], later: tuple[Array, Array]) -> tuple[Array, Array]:
    (a, b), (next_a, next_b) = earlier, later
    return next_a * a, next_a * b + next_b


def _forward(parallel, a, b, first, moved):  # type: ignore[no-untyped-def]
    hs = _prefixes(parallel, a, b, first, moved)
    return hs, (a, first, hs)


def _backward(parallel, residuals, dhs):  # type: ignore[no-untyped-def]
    a, first, hs = residuals
    following = jnp.concatenate([a[1:], jnp.zeros_like(a[:1])])
    if parallel:
        _, dh = jax.lax.associative_scan(_then, (following, dhs), reverse=True)
    else:
        dh = _run(following, dhs, jnp.zeros_like(first), reverse=True)
    before = jnp.concatenate([first[None], hs])[: a.shape[0]]
    dfirst = (a[:1] * dh[:1]).sum(axis=0)
    return dh * before, dh, dfirst, None


_prefixes.defvjp(_forward, _backward)
