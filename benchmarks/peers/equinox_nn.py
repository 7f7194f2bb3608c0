"""Equinox: a cell of one sequence in `lax.scan`, under `vmap` over the batch, as its documentation has it."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers import Stack
from benchmarks.shapes import Shape, Weights


def stack(kind: str, shape: Shape, weights: list[Weights]) -> Stack:
    """Layers of `eqx.nn.LSTMCell`, or of `GRUCell` where the weights are those of three gates."""
    cells = []
    for place, one in enumerate(weights):
        gated = one["bias"].shape[0] == 4 * shape.hidden
        build = eqx.nn.LSTMCell if gated else eqx.nn.GRUCell
        cell = build(shape.hidden if place else shape.inputs, shape.hidden, key=jax.random.key(0))
        values = tuple(jnp.asarray(x) for x in (one["kernel"].T, one["recurrent"].T, one["bias"]))
        cell = eqx.tree_at(lambda c: (c.weight_ih, c.weight_hh, c.bias), cell, values)
        if not gated:
            cell = eqx.tree_at(lambda c: c.bias_n, cell, jnp.zeros(shape.hidden))
        cells.append(cell)
    params, static = eqx.partition(cells, eqx.is_array)

    def apply(params: Any, xs: Any) -> Any:
        for cell in eqx.combine(params, static):
            xs = jax.vmap(lambda one, cell=cell: _run(cell, one), in_axes=1, out_axes=1)(xs)
        return xs

    return Stack(params, apply, lambda params: [_named(cell) for cell in params])


def _run(cell: Any, xs: Any) -> Any:
    zeros = jnp.zeros(cell.hidden_size)
    gated = isinstance(cell, eqx.nn.LSTMCell)

    def step(carry: Any, x: Any) -> Any:
        carry = cell(x, carry)
        return carry, carry[0] if gated else carry

    return jax.lax.scan(step, (zeros, zeros) if gated else zeros, xs)[1]


def _named(cell: Any) -> Weights:
    found = {"kernel": cell.weight_ih.T, "recurrent": cell.weight_hh.T, "bias": cell.bias}
    if isinstance(cell, eqx.nn.GRUCell):
        found["recurrent_bias"] = cell.bias_n
    return {name: np.asarray(x) for name, x in found.items()}
