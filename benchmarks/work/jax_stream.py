"""One step of a stream at a time, in JAX: the carry stays on the device, each step is a call from Python."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from benchmarks.peers import flax_nnx, ours
from benchmarks.shapes import Shape, inputs, weights
from benchmarks.turns import Ready


def stream(kind: str, shape: Shape, steps: int) -> Ready:
    """`steps` steps of `Layer.step`, or of the cell of Flax NNX of this name."""
    if kind:
        layer = flax_nnx.layers(kind, shape, weights(shape, "lstm"))[0].cell
        carry: Any = layer.initialize_carry((shape.batch, shape.inputs), nnx.Rngs(0))
    else:
        layer = ours.layers(shape, weights(shape, "lstm"))[0]
        carry = layer.initial_carry(shape.batch)
    graph, params = nnx.split(layer)

    def step(params: Any, carry: Any, x: Any) -> Any:
        module = nnx.merge(graph, params)
        return module(carry, x) if kind else module.step(carry, x)

    compiled = jax.jit(step)
    x = jnp.asarray(inputs(shape)[0])

    def run() -> Any:
        state = carry
        for _ in range(steps):
            state, h = compiled(params, state, x)
        return jax.block_until_ready(h)

    return Ready(run, lambda h: {"h": np.asarray(h)})
