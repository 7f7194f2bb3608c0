"""The sizes that are measured, and the weights and inputs that every side is given."""

from dataclasses import dataclass, replace

import numpy as np

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


@dataclass(frozen=True)
class Shape:
    """Sizes of a layer and of its input; with `words`, of a language model around it."""

    batch: int
    steps: int
    inputs: int
    hidden: int
    layers: int = 1
    words: int = 0
    """Rows of an embedding [words, inputs] before the layers and width of the softmax after them; 0 for neither."""

    def __str__(self) -> str:
        layers = f", {self.layers} layers" if self.layers > 1 else ""
        words = f", softmax of {self.words:,}" if self.words else ""
        return f"B {self.batch}, T {self.steps}, D {self.inputs}, H {self.hidden}{layers}{words}"

    def flops(self, cell: str, *, training: bool) -> float:
        """Floating-point operations in the matrix products, a multiply-add as two; the backward pass doubles them."""
        first = GATES[cell] * self.hidden * (self.inputs + self.hidden)
        further = (self.layers - 1) * GATES[cell] * self.hidden * 2 * self.hidden
        forward = 2.0 * self.batch * self.steps * (first + further + self.words * self.hidden)
        return 3 * forward if training else forward


SHAPES = {
    "a": Shape(32, 100, 64, 128),
    "b": Shape(64, 200, 128, 256, layers=2),
    "c": Shape(20, 35, 200, 200, layers=2, words=10_000),
    "d": Shape(128, 784, 1, 128),
    "f": Shape(16, 60, 88, 36),
    "s": Shape(4, 30, 16, 32),
}

Weights = dict[str, np.ndarray]
"""Of one layer: kernel [d g], recurrent [h g], bias [g]; gates in the order i f g o or r z n. Gradients have the same
names, and where a library has a second bias in the n gate of a GRU, recurrent_bias [h]."""


def toy(shape: Shape) -> Shape:
    """The same kind of work at a size that takes no time."""
    inputs = 6 if shape.words else min(shape.inputs, 3)
    return replace(shape, batch=4, steps=5, inputs=inputs, hidden=6, words=min(shape.words, 11))


def weights(shape: Shape, cell: str) -> list[Weights]:
    """Weights of every layer, the same at every call: uniform in +-1/sqrt(h), as torch draws them."""
    random = np.random.default_rng(1)
    bound = shape.hidden**-0.5
    found = []
    for layer in range(shape.layers):
        g = GATES[cell] * shape.hidden
        sizes = {
            "kernel": (shape.hidden if layer else shape.inputs, g),
            "recurrent": (shape.hidden, g),
            "bias": (g,),
        }
        found.append({name: random.uniform(-bound, bound, size).astype(np.float32) for name, size in sizes.items()})
    return found


def around(shape: Shape) -> dict[str, np.ndarray]:
    """Embedding and softmax of a language model: {} without `words`."""
    if not shape.words:
        return {}
    random = np.random.default_rng(2)
    sizes = {"embedding": (shape.words, shape.inputs), "head": (shape.hidden, shape.words), "head_bias": (shape.words,)}
    return {name: random.uniform(-0.1, 0.1, size).astype(np.float32) for name, size in sizes.items()}


def inputs(shape: Shape) -> np.ndarray:
    """Normal [t b d], or tokens [t b] of a language model."""
    random = np.random.default_rng(3)
    if shape.words:
        return random.integers(shape.words, size=(shape.steps, shape.batch)).astype(np.int32)
    return random.normal(size=(shape.steps, shape.batch, shape.inputs)).astype(np.float32)


def targets(shape: Shape) -> np.ndarray:
    """The word to predict at every step, [t b]."""
    return np.random.default_rng(4).integers(shape.words, size=(shape.steps, shape.batch)).astype(np.int32)
