"""Flax NNX: a cell in `nnx.RNN`."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from benchmarks.peers import Stack
from benchmarks.shapes import Shape, Weights

JOINED = {"OptimizedLSTMCell": "dense_h", "GRUCell": "dense_i", "SimpleCell": "dense_i"}
"""Cells with one matrix for all gates, and which of the two products has the bias."""


def stack(kind: str, shape: Shape, weights: list[Weights]) -> Stack:
    """Layers of the cell of this name."""
    graph, params, keys = nnx.split(layers(kind, shape, weights), nnx.Param, ...)

    def apply(params: Any, xs: Any) -> Any:
        # `nnx.RNN` counts the keys it draws, also for a carry of zeros: a count of its own for each trace.
        for layer in nnx.merge(graph, params, jax.tree.map(jnp.asarray, keys)):
            xs = layer(xs)
        return xs

    return Stack(params, apply, lambda params: [named(kind, layer.cell) for layer in nnx.merge(graph, params, keys)])


def layers(kind: str, shape: Shape, weights: list[Weights]) -> nnx.List:
    """The modules, with the weights given."""
    found = []
    for place, one in enumerate(weights):
        inputs = shape.hidden if place else shape.inputs
        cell = getattr(nnx, kind)(inputs, shape.hidden, rngs=nnx.Rngs(0), keep_rngs=False)
        for name, dense in _places(kind, cell).items():
            for param, values in _parts(kind, name, one).items():
                getattr(dense, param)[...] = jnp.asarray(values)
        found.append(nnx.RNN(cell, time_major=True, rngs=nnx.Rngs(0)))
    return nnx.List(found)


def _places(kind: str, cell: Any) -> dict[str, Any]:
    """The affine maps of a cell: of all gates together, or named by side and gate."""
    if kind in JOINED:
        return {"dense_i": cell.dense_i, "dense_h": cell.dense_h}
    return {f"{side}{gate}": getattr(cell, "if_" if side + gate == "if" else side + gate)
            for side in "ih" for gate in "ifgo"}  # fmt: skip


def _parts(kind: str, place: str, one: Weights) -> Weights:
    """Kernel, and bias where there is one, of an affine map."""
    if kind in JOINED:
        kernel = one["kernel" if place == "dense_i" else "recurrent"]
        return {"kernel": kernel, "bias": one["bias"]} if place == JOINED[kind] else {"kernel": kernel}
    h = one["recurrent"].shape[0]
    gate = slice("ifgo".index(place[1]) * h, ("ifgo".index(place[1]) + 1) * h)
    if place[0] == "i":
        return {"kernel": one["kernel"][:, gate]}
    return {"kernel": one["recurrent"][:, gate], "bias": one["bias"][gate]}


def named(kind: str, cell: Any) -> Weights:
    """Weights of a cell, or gradients in its place, as ours."""
    if kind in JOINED:
        bias = getattr(cell, JOINED[kind]).bias
        return jax.device_get(
            {"kernel": cell.dense_i.kernel[...], "recurrent": cell.dense_h.kernel[...], "bias": bias[...]}
        )
    places = _places(kind, cell)

    def joined(side: str, param: str) -> np.ndarray:
        return np.concatenate([np.asarray(getattr(places[side + gate], param)[...]) for gate in "ifgo"], axis=-1)

    return {"kernel": joined("i", "kernel"), "recurrent": joined("h", "kernel"), "bias": joined("h", "bias")}
