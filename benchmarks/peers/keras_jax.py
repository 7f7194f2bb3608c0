"""Keras 3 on JAX: `LSTM`, `GRU` and `SimpleRNN`, called without state as its JAX trainer does."""

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import jax.numpy as jnp
import keras
import numpy as np

from benchmarks.peers import Stack
from benchmarks.shapes import Shape, Weights

ZRN = (1, 0, 2)
"""From our order r z n to Keras's, and back."""


def stack(kind: str, shape: Shape, weights: list[Weights]) -> Stack:
    """Layers of the class with as many gates as the weights have."""
    gates = weights[0]["bias"].shape[0] // shape.hidden
    build = {4: keras.layers.LSTM, 3: keras.layers.GRU, 1: keras.layers.SimpleRNN}[gates]
    layers, params = [], []
    for place, one in enumerate(weights):
        layer = build(shape.hidden, return_sequences=True)
        layer.build((shape.batch, shape.steps, shape.hidden if place else shape.inputs))
        values = [one["kernel"], one["recurrent"], one["bias"]]
        if gates == 3:
            values = [_ordered(value) for value in values]
            values[2] = np.stack([values[2], np.zeros_like(values[2])])
        layers.append(layer)
        params.append([jnp.asarray(value) for value in values])

    def apply(params: Any, xs: Any) -> Any:
        for layer, one in zip(layers, params, strict=True):
            fixed = [variable.value for variable in layer.non_trainable_variables]
            xs, _ = layer.stateless_call(one, fixed, xs)
        return xs

    return Stack(params, apply, lambda params: [_named(one, gates) for one in params], batch_major=True)


def _named(one: Any, gates: int) -> Weights:
    kernel, recurrent, bias = (np.asarray(x) for x in one)
    if gates != 3:
        return {"kernel": kernel, "recurrent": recurrent, "bias": bias}
    kernel, recurrent, bias = _ordered(kernel), _ordered(recurrent), _ordered(bias)
    return {"kernel": kernel, "recurrent": recurrent, "bias": bias[0], "recurrent_bias": np.split(bias[1], 3)[2]}


def _ordered(stacked: np.ndarray) -> np.ndarray:
    parts = np.split(stacked, 3, axis=-1)
    return np.concatenate([parts[place] for place in ZRN], axis=-1)
