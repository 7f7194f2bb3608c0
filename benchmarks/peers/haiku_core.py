"""Haiku: `hk.LSTM` in `hk.dynamic_unroll`."""

from typing import Any

import haiku as hk
import jax.numpy as jnp
import numpy as np

from benchmarks.peers import Stack
from benchmarks.shapes import Shape, Weights

IGFO = (0, 2, 1, 3)
"""From our order i f g o to Haiku's, and back."""


def stack(kind: str, shape: Shape, weights: list[Weights]) -> Stack:
    """Layers of `hk.LSTM`. Its one matrix is of [x, h]; it adds 1 to the forget gate, so its bias there is 1 less."""

    @hk.without_apply_rng
    @hk.transform
    def run(xs: Any) -> Any:
        for place in range(shape.layers):
            core = hk.LSTM(shape.hidden, name=f"layer_{place}")
            xs, _ = hk.dynamic_unroll(core, xs, core.initial_state(xs.shape[1]))
        return xs

    params = {}
    for place, one in enumerate(weights):
        forget = np.repeat(np.float32([0, 1, 0, 0]), shape.hidden)
        w = _ordered(np.concatenate([one["kernel"], one["recurrent"]]))
        params[f"layer_{place}/linear"] = {"w": jnp.asarray(w), "b": jnp.asarray(_ordered(one["bias"] - forget))}

    def named(params: Any) -> list[Weights]:
        found = []
        for place in range(shape.layers):
            one = params[f"layer_{place}/linear"]
            kernel, recurrent = np.split(_ordered(np.asarray(one["w"])), [-shape.hidden])
            found.append({"kernel": kernel, "recurrent": recurrent, "bias": _ordered(np.asarray(one["b"]))})
        return found

    return Stack(params, run.apply, named)


def _ordered(stacked: np.ndarray) -> np.ndarray:
    parts = np.split(stacked, 4, axis=-1)
    return np.concatenate([parts[place] for place in IGFO], axis=-1)
