"""The fused engine: one scan forward, one scan backward, weight gradients after it.

For cells of the form `carry = pointwise(theta, wx, carry.h @ recurrent, carry)`, after the loop that FlashRNN (Pöppel
et al. 2024) and cuDNN (Appleyard et al. 2016) write by hand. Autodiff of a plain scan accumulates the gradient of the
recurrent matrix with one outer product per step; here the backward scan finds the gradients of the pre-activations
only, and one matrix product after it gives

    d recurrent = sum_t  h_{t-1}^T  drh_t .

Nothing is derived by hand per cell: the forward scan calls `jax.vjp(pointwise)` and stacks the residuals of the
pullback, the backward scan rebuilds the pullback from them and calls it.

Reverse mode only; forward mode and higher orders use the reference engine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from lstm_research.recurrence.ahead import scan_ahead
from lstm_research.recurrence.product import matrix_gradient
from lstm_research.recurrence.select import select


@partial(jax.tree_util.register_dataclass, data_fields=["stacked"], meta_fields=["places", "structure"])
@dataclass(frozen=True)
class _Tape:
    """Residuals of the pullback for all steps.

    A residual that is the same array as another one is kept once, and one that is a parameter is not stacked at all.
    `places[i]` says where leaf i of the pullback is found: ("step", j) in `stacked`, or ("theta", j) in the leaves of
    theta.
    """

    stacked: list[Array]
    places: tuple[tuple[str, int], ...]
    structure: Any

    def pullback(self, step: list[Array], theta: list[Array]) -> Callable[..., Any]:
        """The pullback of one step, from that step's slice of `stacked`."""
        leaves = [step[j] if kind == "step" else theta[j] for kind, j in self.places]
        return jax.tree.unflatten(self.structure, leaves)


def _record(pullback: Callable[..., Any], theta: Any) -> _Tape:
    """The tape of one step: residuals without repetition."""
    leaves, structure = jax.tree.flatten(pullback)
    known = {id(leaf): ("theta", j) for j, leaf in enumerate(jax.tree.leaves(theta))}
    kept: list[Array] = []
    for leaf in leaves:
        if id(leaf) not in known:
            known[id(leaf)] = ("step", len(kept))
            kept.append(leaf)
    return _Tape(kept, tuple(known[id(leaf)] for leaf in leaves), structure)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def fused(
    pointwise: Callable[[Any, Array, Array, Any], Any],
    theta: Any,
    recurrent: Float[Array, "h g"],
    carry: Any,
    initial: Any,
    wx: Float[Array, "t b g"],
    mask: Bool[Array, "t b"],
    reset: Bool[Array, "t b"],
) -> tuple[Any, Float[Array, "t b h"]]:
    """Fold `pointwise` over time with a deferred weight gradient.

    Args:
      pointwise: (theta, wx_t, rh_t, carry) -> carry. A plain function: the same object at every call, or JAX compiles
        again.
      theta: the cell's small own parameters (biases inside gates, peepholes), a pytree.
      recurrent: rh_t = carry.h @ recurrent.
      carry, initial, wx, mask, reset: as for `reference`.

    Returns:
      The last carry and h for every step, equal to `reference` in value and gradient.
    """

    def body(carry: Any, inputs: tuple[Array, tuple[Array, Array]]) -> tuple[Any, Array]:
        wx_t, (mask_t, reset_t) = inputs
        carry = select(reset_t, initial, carry)
        carry = select(mask_t, pointwise(theta, wx_t, carry.h @ recurrent, carry), carry)
        return carry, carry.h

    return scan_ahead(body, carry, wx, (mask, reset))


def _forward(pointwise, theta, recurrent, carry, initial, wx, mask, reset):  # type: ignore[no-untyped-def]
    def body(carry: Any, inputs: tuple[Array, Array, Array]) -> tuple[Any, tuple[Array, _Tape]]:
        wx_t, mask_t, reset_t = inputs
        carry = select(reset_t, initial, carry)
        new, pullback = jax.vjp(pointwise, theta, wx_t, carry.h @ recurrent, carry)
        carry = select(mask_t, new, carry)
        return carry, (carry.h, _record(pullback, theta))

    last, (hs, tape) = jax.lax.scan(body, carry, (wx, mask, reset))
    return (last, hs), (theta, recurrent, carry.h, initial, hs, tape, mask, reset)


def _backward(pointwise, residuals, cotangents):  # type: ignore[no-untyped-def]
    theta, recurrent, first_h, initial, hs, tape, mask, reset = residuals
    dlast, dhs = cotangents
    theta_leaves = jax.tree.leaves(theta)
    # The barrier keeps the transpose outside the loop: without it XLA moves it in, and makes it at every step.
    transposed = jax.lax.optimization_barrier(recurrent.T)
    zeros = partial(jax.tree.map, jnp.zeros_like)
    shared = False

    def body(state: Any, inputs: Any) -> tuple[Any, Any]:
        nonlocal shared
        dcarry, dtheta, dinitial = state
        dh_t, step, mask_t, reset_t = inputs
        dcarry = dcarry._replace(h=dcarry.h + dh_t)
        pullback = tape.pullback(step, theta_leaves)
        dtheta_t, dwx_t, drh_t, dheld = pullback(select(mask_t, dcarry, zeros(dcarry)))
        shared = dwx_t is drh_t
        dheld = jax.tree.map(jnp.add, dheld, select(mask_t, zeros(dcarry), dcarry))
        dheld = dheld._replace(h=dheld.h + drh_t @ transposed)
        dtheta = jax.tree.map(jnp.add, dtheta, dtheta_t)
        dinitial = jax.tree.map(jnp.add, dinitial, select(reset_t, dheld, zeros(dheld)))
        dcarry = select(reset_t, zeros(dheld), dheld)
        return (dcarry, dtheta, dinitial), (dwx_t,) if shared else (dwx_t, drh_t)

    state = (dlast, zeros(theta), zeros(initial))
    (dcarry, dtheta, dinitial), gradients = jax.lax.scan(body, state, (dhs, tape.stacked, mask, reset), reverse=True)
    dwx, drh = gradients * 2 if shared else gradients
    before = jnp.concatenate([first_h[None], hs[:-1]])[: hs.shape[0]]
    before = jnp.where(reset[..., None], initial.h[None], before)
    return dtheta, matrix_gradient(before, drh), dcarry, dinitial, dwx, None, None


fused.defvjp(_forward, _backward)
