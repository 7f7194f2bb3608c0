"""Memory of the backward pass, as the compiler plans it."""

import jax

from benchmarks.peers import ours
from benchmarks.shapes import Shape, weights
from lstm_research.models.layer import Layer


def engines() -> list[str]:
    """Engines that an LSTM can run on."""
    return list(ours.CELLS["lstm"].Config.engines)


def memory(shape: Shape, engine: str) -> float:
    """MiB of temporary memory of a training step on one device."""
    import jax.numpy as jnp
    from flax import nnx

    cell = ours.layers(shape, weights(shape, "lstm"))[0].cell
    graph, params = nnx.split(Layer(cell, engine=engine))
    xs = jax.ShapeDtypeStruct((shape.steps, shape.batch, shape.inputs), jnp.float32)

    def loss(params, xs):  # type: ignore[no-untyped-def]
        return (nnx.merge(graph, params)(xs)[1] ** 2).mean()

    planned = jax.jit(jax.grad(loss, (0, 1))).lower(params, xs).compile().memory_analysis()
    return planned.temp_size_in_bytes / 2**20
