"""The task of the training loops: to give back the next of a few stored batches of noise, step by step."""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from benchmarks.shapes import Shape
from lstm_research import metrics
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Spec
from lstm_research.types import Sum

BATCHES = 8


def batches(shape: Shape) -> np.ndarray:
    """[n t b d], n = BATCHES: what goes in; the targets are its values one step later (of the last step, its first)."""
    sizes = (BATCHES, shape.steps, shape.batch, shape.inputs)
    return np.random.default_rng(5).normal(size=sizes).astype(np.float32)


def head(shape: Shape) -> dict[str, np.ndarray]:
    """Weights of the affine map from h to the prediction."""
    kernel = np.random.default_rng(6).uniform(-0.1, 0.1, (shape.hidden, shape.inputs)).astype(np.float32)
    return {"head": kernel, "head_bias": np.zeros(shape.inputs, np.float32)}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes, and the number of sequences."""

    shape: Shape

    def build(self, paths: Any) -> "Stored":
        return Stored(self.shape)


class Stored:
    """A task, and the source of its batches: update number n sees batch n modulo BATCHES."""

    digest = ""
    carried = False
    evaluation_batches = 1

    def __init__(self, shape: Shape):
        self._shape = shape
        self.spec = Spec(
            inputs=shape.inputs, tokens=False, outputs=shape.inputs, per_step=True, select="mse",
            higher_is_better=False, causal=True,
        )  # fmt: skip
        self.arrays = batches(shape)

    def source(self, split: str, batch: int) -> "Stored":
        return self

    def training_batch(self, arrays: Any, key: Any, step: Any) -> Batch:
        xs = jnp.take(arrays, step % BATCHES, axis=0)
        valid = jnp.ones(xs.shape[:2], bool)
        return Batch(xs, jnp.roll(xs, -1, axis=0), valid, ~valid, jnp.ones(xs.shape[1]))

    def evaluation_batch(self, arrays: Any, index: Any) -> Batch:
        return self.training_batch(arrays, None, index)

    def loss(self, outputs: Any, batch: Batch) -> Sum:
        return metrics.squared_error(outputs, batch.targets, jnp.ones(outputs.shape, bool))

    def metrics(self, outputs: Any, batch: Batch) -> dict[str, Sum]:
        return {"mse": self.loss(outputs, batch)}

    def chance(self) -> dict[str, float]:
        return {"mse": 1.0}
