"""Flax Linen: a cell in `nn.RNN`."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
import numpy as np

from benchmarks.peers import Stack
from benchmarks.shapes import Shape, Weights

ORDER = {"OptimizedLSTMCell": "ifgo", "LSTMCell": "ifgo", "GRUCell": "rzn", "SimpleCell": ""}


def stack(kind: str, shape: Shape, weights: list[Weights]) -> Stack:
    """Layers of the cell of this name."""
    layers = [nn.RNN(getattr(nn, kind)(shape.hidden), time_major=True) for _ in weights]
    params = [{"params": {"cell": _taken_apart(kind, one)}} for one in weights]

    def apply(params: Any, xs: Any) -> Any:
        for layer, one in zip(layers, params, strict=True):
            xs = layer.apply(one, xs)
        return xs

    return Stack(params, apply, lambda params: [_joined(kind, one["params"]["cell"]) for one in params])


def _taken_apart(kind: str, one: Weights) -> Any:
    """Linen keeps every gate by itself. The bias is on the recurrent side of an LSTM, on the input side of the rest."""
    biased = "h" if kind.endswith("LSTMCell") else "i"
    gates = ORDER[kind] or [""]
    cell: Any = {}
    for side, matrix in (("i", "kernel"), ("h", "recurrent")):
        for place, gate in enumerate(gates):
            h = one["recurrent"].shape[0]
            columns = slice(place * h, (place + 1) * h)
            cell[side + gate] = {"kernel": jnp.asarray(one[matrix][:, columns])}
            if side == biased:
                cell[side + gate]["bias"] = jnp.asarray(one["bias"][columns])
            elif kind == "GRUCell" and gate == "n":
                cell[side + gate]["bias"] = jnp.zeros(h)
    return cell


def _joined(kind: str, cell: Any) -> Weights:
    biased = "h" if kind.endswith("LSTMCell") else "i"
    gates = ORDER[kind] or [""]

    def joined(side: str, param: str) -> np.ndarray:
        return np.concatenate([np.asarray(cell[side + gate][param]) for gate in gates], axis=-1)

    found = {"kernel": joined("i", "kernel"), "recurrent": joined("h", "kernel"), "bias": joined(biased, "bias")}
    if kind == "GRUCell":
        found["recurrent_bias"] = np.asarray(cell["hn"]["bias"])
    return found
