"""`jax.experimental.rnn`: cuDNN's LSTM called from JAX; without a GPU, its own reference in JAX (a dry run)."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import rnn

from benchmarks.peers import Stack
from benchmarks.shapes import Shape, Weights


def stack(kind: str, shape: Shape, weights: list[Weights]) -> Stack:
    """All layers in one call. The weights are one flat array: matrices of every layer, then both biases of each."""
    matrices = [one[name].T.ravel() for one in weights for name in ("kernel", "recurrent")]
    biases = [values for one in weights for values in (one["bias"], np.zeros_like(one["bias"]))]
    sizes: Any = (shape.inputs, shape.hidden, shape.layers)
    on_gpu = jax.default_backend() == "gpu"

    def apply(flat: Any, xs: Any) -> Any:
        zeros = jnp.zeros((shape.layers, xs.shape[0], shape.hidden))
        lengths = jnp.full(xs.shape[0], xs.shape[1], jnp.int32)
        if on_gpu:
            return rnn.lstm(xs, zeros, zeros, flat, lengths, *sizes, 0.0, False, jax.lax.Precision.HIGHEST)[0]
        parts = rnn.unpack_lstm_weights(flat, *sizes, False)
        return rnn.lstm_ref(xs, zeros, zeros, *parts, lengths, *sizes, 0.0, False)[0]

    def named(flat: Any) -> list[Weights]:
        kernels, recurrents, biases, _ = rnn.unpack_lstm_weights(jnp.asarray(flat), *sizes, False)
        found = [
            {"kernel": kernels[layer].T, "recurrent": recurrents[layer].T, "bias": biases[layer].ravel()}
            for layer in range(shape.layers)
        ]
        return [{name: np.asarray(value) for name, value in one.items()} for one in found]

    return Stack(jnp.asarray(np.concatenate([*matrices, *biases])), apply, named, batch_major=True)
