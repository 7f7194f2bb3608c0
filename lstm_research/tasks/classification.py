"""Classification: which of a few classes a whole sequence belongs to.

With three steps of two channels and classes a, b:

    channel 1   0.1  0.5  0.2
    channel 2   1.0  0.9  0.7     -> a

Channels are standardised by train alone. Outputs are logits of the classes. Loss: cross-entropy, its classes weighted
alike or so that each counts the same. Metrics: `accuracy`, and of a whole split `macro_f1` and, for two classes,
`auroc` and `auprc` (average precision) of the positive one.

Chance: the most frequent class of train, with the accuracy that it has there.

References: He & Garcia, Learning from imbalanced data, 2009 (metrics); Che et al., arXiv:1606.01865 (what is seen of
  values that were not measured).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt, Lt
from jaxtyping import Array, Float

from lstm_research import metrics
from lstm_research.config.nearest import unknown
from lstm_research.data.channels import Channels, Show, check_show, fit_channels
from lstm_research.data.labelled import Labelled, LabelledSet
from lstm_research.metrics.whole import auprc, auroc, macro_f1
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Spec, Split
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.tasks.source.corpus import Corpus, corpus
from lstm_research.tasks.source.stretches import Stretches
from lstm_research.types import ConfigError, DataError, Sum

NEAREST = 3e10
"""Multiply-adds up to which nearest neighbours make a row."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: classification}"""

    takes: ClassVar[str] = "labelled sequences"

    show: Show | None = None
    """Of data with gaps, what the network sees: `values`, the last measured; `mask`, also whether each was measured;
    `decay`, also how long ago, as the cell gru_d wants it. None: the data have no gaps."""
    clip: Annotated[float, Gt(0)] | None = None
    """Standardised values further from 0 than this are brought there: for data with typing errors."""
    class_weights: Literal["none", "balanced"] = "none"
    """`balanced`: in the loss each class counts as much as another, however rare it is in train."""
    positive: str | None = None
    """Of two classes, the one that `auroc` and `auprc` are about; by default the rarer one in train."""
    select: Literal["accuracy", "macro_f1", "auroc", "auprc"] = "accuracy"
    """Validation metric that selects, higher being better."""
    bucket_waste: Annotated[float, Ge(0), Lt(1)] | None = None
    """Training batches of sequences of like length, so that at most this share of their steps is padding."""

    def build(self, data: LabelledSet) -> "Classification":
        """The task on its data. Raises ConfigError for a misfit of the two."""
        if not data.classes:
            raise ConfigError("task.kind=classification needs classes, and these data have numbers; take regression")
        check_show(self.show, gaps=data.gaps)
        if self.positive is not None and self.positive not in data.classes:
            raise ConfigError(f"task.positive: {unknown('class', self.positive, data.classes)}")
        if self.select in ("auroc", "auprc") and len(data.classes) != 2:
            raise ConfigError(
                f"task.select={self.select} needs two classes, and there are {len(data.classes)}; take macro_f1"
            )
        counts = np.bincount(data.train.answers, minlength=len(data.classes))
        positive = data.classes.index(self.positive) if self.positive else int(np.argmin(counts))
        fitted = {
            "channels": fit_channels(data.train).to_json(),
            "classes": list(data.classes),
            "positive": positive,
            "counts": counts.tolist(),
            "data": data.described,
        }
        return Classification(self, data, fitted)

    def restored(self, fitted: dict[str, Any], data: LabelledSet, *, every: bool) -> "Classification":
        """The task of a finished run on new sequences, its split test; `every` changes nothing: each has one answer."""
        if data.gaps and self.show is None:
            raise ConfigError("values are missing in the new sequences, and the run was trained on some without gaps")
        return Classification(self, data, fitted)


class Classification:
    """See the module's docstring. Outputs: logits, Float[b c]."""

    def __init__(self, config: Config, data: LabelledSet, fitted: dict[str, Any]):
        self.config, self.data, self.fitted, self.digest = config, data, fitted, data.digest
        self.channels = Channels.from_json(fitted["channels"])
        self.classes = tuple(fitted["classes"])
        self._laid: dict[str, Corpus] = {}
        counts = np.array(fitted["counts"], np.float64)
        balanced = counts.sum() / (np.maximum(counts, 1) * len(counts))
        weights = balanced if config.class_weights == "balanced" else np.ones_like(counts)
        self._weights = weights.astype(np.float32)
        self._share = float(counts.max() / counts.sum())
        self.spec = Spec(
            inputs=self.channels.width(data.test, config.show), tokens=False, outputs=len(self.classes), per_step=False,
            select=config.select, higher_is_better=True, causal=False,
        )  # fmt: skip

    @property
    def baselines(self) -> tuple[str, ...]:
        train, test = self.data.train.values, self.data.test.values
        longest = max(len(values) for part in (train, test) for values in part)
        cost = len(train) * len(test) * longest * longest * len(self.data.channels)
        near = ("nearest_euclid", "nearest_dtw") if cost <= NEAREST and not self.data.gaps else ()
        return ("majority", "logistic", "nearest_mean", *near)

    def seen(self, split: Split) -> list[np.ndarray]:
        """float32[t d] for each sequence: what the network sees."""
        part: Labelled = getattr(self.data, split)
        return list(self.channels.seen(part, self.config.show, self.config.clip))

    def source(self, split: Split, batch: int) -> Source | Bucketed:
        part: Labelled = getattr(self.data, split)
        check_classes(part, split, len(self.classes))
        if split not in self._laid:
            self._laid[split] = corpus(self.channels.seen(part, self.config.show, self.config.clip), beside=part.values)
        flat, start, length = self._laid[split]
        source = Stretches(flat, start, length, {"answer": part.answers.astype(np.int32)}, batch)
        if split == "train" and self.config.bucket_waste is not None:
            return source.bucketed(self.config.bucket_waste)
        return source

    def loss(self, outputs: Float[Array, "b c"], batch: Batch) -> Sum:
        rows = self._known(batch)
        answers = jnp.where(rows, batch.targets["answer"], 0)
        logits = jnp.where(rows[:, None], outputs, 0.0)
        nll = -jnp.take_along_axis(jax.nn.log_softmax(logits, axis=-1), answers[:, None], axis=-1)[:, 0]
        weights = jnp.where(rows, jnp.take(jnp.asarray(self._weights), answers), 0.0)
        return Sum(jnp.sum(nll * weights.astype(nll.dtype)), jnp.sum(weights))

    def metrics(self, outputs: Float[Array, "b c"], batch: Batch) -> dict[str, Sum]:
        return {"accuracy": metrics.accuracy(outputs, batch.targets["answer"], self._known(batch))}

    def keep(self, outputs: Float[Array, "b c"], batch: Batch) -> dict[str, Any]:
        return {"probability": jax.nn.softmax(outputs, axis=-1), "answer": batch.targets["answer"]}

    def whole(self, kept: dict[str, Any]) -> dict[str, float]:
        probability, answer = np.asarray(kept["probability"], np.float64), np.asarray(kept["answer"])
        known = answer >= 0
        probability, answer = probability[known], answer[known]
        found = {"macro_f1": macro_f1(answer, probability.argmax(axis=1), len(self.classes))}
        if len(self.classes) == 2:
            positive = self.fitted["positive"]
            score = probability[:, positive]
            found |= {"auroc": auroc(answer == positive, score), "auprc": auprc(answer == positive, score)}
        return found

    def lines(self, kept: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What was kept of split test: a row for each sequence."""
        names = self.data.test.names or tuple(str(place) for place in range(1, len(kept["answer"]) + 1))
        for name, probability, answer in zip(names, kept["probability"], kept["answer"], strict=True):
            row: dict[str, Any] = {"sequence": name, "class": self.classes[int(np.argmax(probability))]}
            row |= {f"p {label}": float(p) for label, p in zip(self.classes, probability, strict=True)}
            yield row | {"truth": self.classes[answer] if answer >= 0 else None}

    def chance(self) -> dict[str, float]:
        return {"accuracy": self._share}

    @staticmethod
    def _known(batch: Batch) -> Array:
        """Bool[b]: rows that have an answer; new sequences may have none."""
        return metrics.rows(batch) & (batch.targets["answer"] >= 0)


def check_classes(part: Labelled, split: str, classes: int) -> None:
    """Raises DataError for an answer that is no class. In new sequences -1 stands for one that is not known."""
    wrong = np.flatnonzero((part.answers < -1) | (part.answers >= classes))
    if len(wrong):
        raise DataError(f"{split}, sequence {wrong[0] + 1}: class {part.answers[wrong[0]]}, of {classes} classes")
