"""Ours: `Layer` on the engine that `auto` means, and `SequenceModel` where there are words."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from benchmarks.peers import Stack
from benchmarks.shapes import GATES, Shape, Weights
from lstm_research.cells import gru, lstm, rnn
from lstm_research.config.schema import ModelConfig
from lstm_research.models.layer import Layer
from lstm_research.models.stack import engine_of

CELLS: dict[str, Any] = {"lstm": lstm, "gru": gru, "rnn": rnn}


def stack(kind: str, shape: Shape, weights: list[Weights]) -> Stack:
    """Layers of the cell with as many gates as the weights have."""
    graph, params = nnx.split(nnx.List(layers(shape, weights)))

    def apply(params: Any, xs: Any) -> Any:
        for layer in nnx.merge(graph, params):
            xs = layer(xs)[1]
        return xs

    return Stack(params, apply, lambda params: [named(layer.cell) for layer in nnx.merge(graph, params)])


def config(shape: Shape, cell: str) -> ModelConfig:
    """The model section of a config of this shape."""
    words: Any = {"encoder": "embedding", "encoder_size": shape.inputs} if shape.words else {}
    return ModelConfig(cell=CELLS[cell].Config(hidden=shape.hidden), layers=shape.layers, **words)


def layers(shape: Shape, weights: list[Weights]) -> list[Layer]:
    """The modules, with the weights given."""
    cell = next(cell for cell, gates in GATES.items() if weights[0]["bias"].shape[0] == gates * shape.hidden)
    made = config(shape, cell)
    found = []
    for place, one in enumerate(weights):
        module = made.cell.build(shape.hidden if place else shape.inputs, rngs=None)
        put(module, one)
        found.append(Layer(module, engine=engine_of(made)))
    return found


def put(cell: Any, one: Weights) -> None:
    """Replace a cell's parameters."""
    for name, value in one.items():
        getattr(cell, name)[...] = jnp.asarray(value)


def named(cell: Any) -> Weights:
    """Weights of a cell, or gradients in its place; those of the second bias of a GRU too."""
    names = ["kernel", "recurrent", "bias"] + (["recurrent_bias"] if hasattr(cell, "recurrent_bias") else [])
    return jax.device_get({name: getattr(cell, name)[...] for name in names})
