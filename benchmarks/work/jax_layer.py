"""A training step or an inference of layers, in JAX: ours and the peers' in the same frame."""

from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from benchmarks.compare import numbered
from benchmarks.shapes import Shape, around, inputs, targets, weights
from benchmarks.turns import Ready


def layer(module: str, kind: str, cell: str, shape: Shape, what: str, devices: int) -> Ready:
    """Layers of a library.

    Args:
      module: a file of `peers/`.
      kind: which of the library's cells.
      cell: ours of the same equations.
      shape: sizes; with words, embedding and softmax are plain JAX around the layers.
      what: "step" (loss, and gradients of all weights and of the input) or "inference" (h at every step).
      devices: host devices to split the batch over, by the sharding of its axis; 1 for none.
    """
    stack = import_module(f"benchmarks.peers.{module}").stack(kind, shape, weights(shape, cell))
    outside = {name: jnp.asarray(value) for name, value in around(shape).items()}
    arrays = [inputs(shape)] + ([targets(shape)] if shape.words else [])
    if stack.batch_major:
        arrays = [np.ascontiguousarray(x.swapaxes(0, 1)) for x in arrays]
    xs, *rest = arrays

    def outputs(params: Any, outside: Any, xs: Any) -> Any:
        if not shape.words:
            return stack.apply(params, xs)
        return stack.apply(params, outside["embedding"][xs]) @ outside["head"] + outside["head_bias"]

    def loss(params: Any, outside: Any, xs: Any, *rest: Any) -> Any:
        found = outputs(params, outside, xs)
        if not shape.words:
            return (found**2).mean()
        return -jnp.take_along_axis(jax.nn.log_softmax(found), rest[0][..., None], axis=-1).mean()

    given = [stack.params, outside, xs, *rest]
    function = outputs
    if what == "step":
        function = jax.value_and_grad(loss, (0, 1) if shape.words else (0, 2))
    else:
        given = given[:3]
    compiled, given = split(function, given, 2, int(not stack.batch_major), devices)

    def values(result: Any) -> dict[str, np.ndarray]:
        result = jax.device_get(result)
        if what == "inference":
            return {"h": result.swapaxes(0, 1) if stack.batch_major else result}
        value, (gradients, others) = result
        if not shape.words:
            others = {"xs": others.swapaxes(0, 1) if stack.batch_major else others}
        return {"loss": np.asarray(value), **numbered(stack.named(gradients)), **others}

    return Ready(lambda: jax.block_until_ready(compiled(*given)), values)


def model(cell: str, shape: Shape, what: str, devices: int) -> Ready:
    """Our `SequenceModel` as a language model, with the task's own cross-entropy."""
    from flax import nnx

    from benchmarks.peers.ours import config, named, put
    from lstm_research import metrics
    from lstm_research.models.sequence_model import SequenceModel
    from lstm_research.recurrence import Batch

    made = SequenceModel(
        config(shape, cell), inputs=shape.words, tokens=True, outputs=shape.words, head="step", rngs=None
    )
    for (one,), values in zip(made.layers, weights(shape, cell), strict=True):
        put(one.cell, values)
    outside = {name: jnp.asarray(value) for name, value in around(shape).items()}
    made.encoder.table[...] = outside["embedding"]
    made.head.kernel[...], made.head.bias[...] = outside["head"], outside["head_bias"]
    graph, params = nnx.split(made)

    def outputs(params: Any, xs: Any) -> Any:
        valid = jnp.ones(xs.shape, bool)
        return nnx.merge(graph, params)(Batch(xs, xs, valid, ~valid, valid[0]))[1]

    def loss(params: Any, xs: Any, words: Any) -> Any:
        total, count = metrics.cross_entropy(outputs(params, xs), words, jnp.ones(xs.shape, bool))
        return total / count

    given = [params, inputs(shape)] + ([targets(shape)] if what == "step" else [])
    compiled, given = split(jax.value_and_grad(loss) if what == "step" else outputs, given, 1, 1, devices)

    def values(result: Any) -> dict[str, np.ndarray]:
        if what == "inference":
            return {"h": jax.device_get(result)}
        value, gradients = result
        found = nnx.merge(graph, gradients)
        others = {
            "embedding": found.encoder.table[...], "head": found.head.kernel[...], "head_bias": found.head.bias[...],
        }  # fmt: skip
        layers = numbered([named(one.cell) for (one,) in found.layers])
        return {"loss": np.asarray(value), **layers, **jax.device_get(others)}

    return Ready(lambda: jax.block_until_ready(compiled(*given)), values)


def split(function: Any, given: list[Any], first: int, axis: int, devices: int) -> tuple[Any, list[Any]]:
    """`jax.jit(function)`, and its arguments on the devices: from argument `first` on split along the batch axis."""
    if devices == 1:
        return jax.jit(function), jax.device_put(given, jax.devices()[0])
    mesh = Mesh(np.array(jax.devices()[:devices]), ("b",))
    whole = NamedSharding(mesh, PartitionSpec())
    part = NamedSharding(mesh, PartitionSpec(*[None] * axis, "b"))
    return jax.jit(function), [jax.device_put(x, whole if n < first else part) for n, x in enumerate(given)]
