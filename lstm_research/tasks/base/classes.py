"""What tasks have in common that ask which of a few classes a whole example is of.

Outputs are logits of the classes. Loss: cross-entropy, its classes weighted alike or so that each counts the same.
Metrics: `accuracy`, and of a whole split `macro_f1` and, for two classes, `f1`, `auroc` and `auprc` (average precision)
of the positive one. Chance: the most frequent class of train, with the accuracy that it has there.

Reference: He & Garcia, Learning from Imbalanced Data, IEEE TKDE 21(9), 2009.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Lt
from jaxtyping import Array, Float

from lstm_research import metrics
from lstm_research.config.nearest import unknown
from lstm_research.metrics.whole import auprc, auroc, f1, macro_f1
from lstm_research.recurrence import Batch
from lstm_research.types import ConfigError, DataError, Sum

OF_TWO = ("f1", "auroc", "auprc")
"""Metrics that need a positive class, of two."""


@dataclass(frozen=True, kw_only=True)
class ClassesConfig:
    """The fields that such tasks share."""

    class_weights: Literal["none", "balanced"] = "none"
    """`balanced`: in the loss each class counts as much as another, however rare it is in train."""
    positive: str | None = None
    """Of two classes, the one that `f1`, `auroc` and `auprc` are about; by default the rarer one in train."""
    select: Literal["accuracy", "macro_f1", "f1", "auroc", "auprc"] = "accuracy"
    """Validation metric that selects, higher being better."""
    bucket_waste: Annotated[float, Ge(0), Lt(1)] | None = None
    """Training batches of sequences of like length, so that at most this share of their steps is padding."""

    def fit_classes(self, answers: np.ndarray, classes: tuple[str, ...]) -> dict[str, Any]:
        """What `OfClasses` is made of, as JSON, from int[n] answers of train. Raises ConfigError for a misfit."""
        if self.positive is not None and self.positive not in classes:
            raise ConfigError(f"task.positive: {unknown('class', self.positive, classes)}")
        if self.select in OF_TWO and len(classes) != 2:
            raise ConfigError(
                f"task.select={self.select} needs two classes, and there are {len(classes)}; take macro_f1"
            )
        counts = np.bincount(answers, minlength=len(classes))
        positive = classes.index(self.positive) if self.positive else int(np.argmin(counts))
        return {"classes": list(classes), "positive": positive, "counts": counts.tolist()}


class OfClasses:
    """Loss and metrics of logits, Float[b c]; see the module's docstring."""

    def __init__(self, config: ClassesConfig, fitted: dict[str, Any]):
        self.config: Any = config
        self.fitted = fitted
        self.classes: tuple[str, ...] = tuple(fitted["classes"])
        counts = np.array(fitted["counts"], np.float64)
        balanced = counts.sum() / (np.maximum(counts, 1) * len(counts))
        weights = balanced if config.class_weights == "balanced" else np.ones_like(counts)
        self._weights = weights.astype(np.float32)
        self._share = float(counts.max() / counts.sum())

    def called(self) -> Sequence[str]:
        """What each example of split test is called; () where they have no names."""
        raise NotImplementedError

    def loss(self, outputs: Float[Array, "b c"], batch: Batch) -> Sum:
        rows = known(batch)
        answers = jnp.where(rows, batch.targets["answer"], 0)
        logits = jnp.where(rows[:, None], outputs, 0.0)
        nll = -jnp.take_along_axis(jax.nn.log_softmax(logits, axis=-1), answers[:, None], axis=-1)[:, 0]
        weights = jnp.where(rows, jnp.take(jnp.asarray(self._weights), answers), 0.0)
        return Sum(jnp.sum(nll * weights.astype(nll.dtype)), jnp.sum(weights))

    def metrics(self, outputs: Float[Array, "b c"], batch: Batch) -> dict[str, Sum]:
        return {"accuracy": metrics.accuracy(outputs, batch.targets["answer"], known(batch))}

    def keep(self, outputs: Float[Array, "b c"], batch: Batch) -> dict[str, Any]:
        return {"probability": jax.nn.softmax(outputs, axis=-1), "answer": batch.targets["answer"]}

    def whole(self, kept: dict[str, Any]) -> dict[str, float]:
        probability, answer = np.asarray(kept["probability"], np.float64), np.asarray(kept["answer"])
        there = answer >= 0
        probability, answer = probability[there], answer[there]
        found = {"macro_f1": macro_f1(answer, probability.argmax(axis=1), len(self.classes))}
        if len(self.classes) == 2:
            positive = self.fitted["positive"]
            truth, score = answer == positive, probability[:, positive]
            found["f1"] = f1(truth, probability.argmax(axis=1) == positive)
            found |= {"auroc": auroc(truth, score), "auprc": auprc(truth, score)}
        return found

    def lines(self, kept: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What was kept of split test: a row for each example."""
        names = self.called() or tuple(str(place) for place in range(1, len(kept["answer"]) + 1))
        for name, probability, answer in zip(names, kept["probability"], kept["answer"], strict=True):
            row: dict[str, Any] = {"sequence": name, "class": self.classes[int(np.argmax(probability))]}
            row |= {f"p {label}": float(p) for label, p in zip(self.classes, probability, strict=True)}
            yield row | {"truth": self.classes[answer] if answer >= 0 else None}

    def chance(self) -> dict[str, float]:
        return {"accuracy": self._share}


def check_classes(answers: np.ndarray, split: str, classes: int) -> None:
    """Raises DataError for an answer that is no class. In new sequences -1 stands for one that is not known."""
    wrong = np.flatnonzero((answers < -1) | (answers >= classes))
    if len(wrong):
        raise DataError(f"{split}, sequence {wrong[0] + 1}: class {answers[wrong[0]]}, of {classes} classes")


def known(batch: Batch) -> Array:
    """Bool[b]: rows that have an answer; new sequences may have none."""
    return metrics.rows(batch) & (batch.targets["answer"] >= 0)
