"""Transduction: from one sequence of tokens to another, such as from a command to the actions that it means.

    source  jump twice
    target  I_JUMP I_JUMP (end)

Vocabularies are those of train; what is not in them is unknown: a source token that was never seen still says that
something stood there, a target with one can never be written. In training the decoder is shown the true target up to
each step (teacher forcing); in evaluation it also writes by itself, greedily or by beam search (`model.beam`).

Loss and `nll`: cross-entropy of a target's token, its end among them, in nats. `token_accuracy`: share of them that are
most probable after the true ones. `exact`: share of the targets that are written right from first to last.

Chance: tokens all alike, nll = log v, token_accuracy 1 / v; no target is right.

References: Sutskever, Vinyals & Le, NeurIPS 2014; Bahdanau, Cho & Bengio, arXiv:1409.0473; Lake & Baroni,
  arXiv:1711.00350, section 4 (exact match).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from typing import Annotated, Any, ClassVar

import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Lt

from lstm_research import metrics
from lstm_research.data.pairs import PairSet
from lstm_research.data.vocabulary import UNKNOWN
from lstm_research.recurrence import Answer, Batch
from lstm_research.tasks.base import Spec, Split
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.tasks.source.paired import Paired
from lstm_research.types import Sum

END, START = "<end>", "<start>"


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: transduction}"""

    takes: ClassVar[str] = "pairs of sequences"

    bucket_waste: Annotated[float, Ge(0), Lt(1)] | None = None
    """Training batches of targets of like length, so that at most this share of their steps is padding."""

    def build(self, data: PairSet) -> "Transduction":
        """The task on its data."""
        words: tuple[set[str], set[str]] = (set(), set())
        for pair in data.train:
            for known, text in zip(words, pair, strict=True):
                known.update(text.split())
        fitted = {
            "sources": [UNKNOWN, *sorted(words[0])],
            "targets": [END, START, UNKNOWN, *sorted(words[1])],
            "data": {},
        }
        return Transduction(self, data, fitted)

    def restored(self, fitted: dict[str, Any], data: PairSet, *, every: bool) -> "Transduction":
        """The task of a finished run on new sources; `every` changes nothing: each has one answer."""
        return Transduction(self, data, fitted)


class Transduction:
    """See the module's docstring. Outputs: an `Answer`."""

    baselines = ("chance",)

    def __init__(self, config: Config, data: PairSet, fitted: dict[str, Any]):
        self.config, self.data, self.fitted, self.digest = config, data, fitted, data.digest
        self._sources = {token: place for place, token in enumerate(fitted["sources"])}
        self._targets = {token: place for place, token in enumerate(fitted["targets"])}
        self._rows: dict[str, tuple[list[np.ndarray], list[np.ndarray]]] = {}
        self.spec = Spec(
            inputs=len(self._sources), tokens=True, outputs=len(self._targets), per_step=True, select="nll",
            higher_is_better=False, causal=False, source=len(self._sources),
        )  # fmt: skip

    def source(self, split: Split, batch: int) -> Source | Bucketed:
        if split not in self._rows:
            pairs = getattr(self.data, split)
            self._rows[split] = [self._read(text) for text, _ in pairs], [self._written(text) for _, text in pairs]
        return Paired(*self._rows[split], batch, self._targets[START]).for_split(split, self.config.bucket_waste)

    def loss(self, outputs: Answer, batch: Batch) -> Sum:
        return metrics.cross_entropy(outputs.logits, batch.targets["tokens"], metrics.steps(batch))

    def metrics(self, outputs: Answer, batch: Batch) -> dict[str, Sum]:
        wanted, counted, rows = batch.targets["tokens"], metrics.steps(batch), metrics.rows(batch)
        # What is decoded is END after it has ended, as padding is: a target is right where all steps are.
        right = (outputs.tokens == wanted).all(axis=0)
        return {
            "nll": self.loss(outputs, batch),
            "token_accuracy": metrics.accuracy(outputs.logits, wanted, counted),
            "exact": metrics.summed(right.astype(jnp.float32), rows),
        }

    def keep(self, outputs: Answer, batch: Batch) -> dict[str, Any]:
        return {"written": outputs.tokens.T}

    def whole(self, kept: dict[str, Any]) -> dict[str, float]:
        return {}

    def lines(self, kept: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What was written about the sources of split test: a row for each."""
        for (source, target), tokens in zip(self.data.test, kept["written"], strict=True):
            found = [self.fitted["targets"][token] for token in tokens]
            written = " ".join(found[: found.index(END)] if END in found else found)
            yield {"source": source, "target": written, "truth": target or None}

    def chance(self) -> dict[str, float]:
        return {"nll": log(len(self._targets)), "token_accuracy": 1 / len(self._targets), "exact": 0.0}

    def _read(self, source: str) -> np.ndarray:
        return np.array([self._sources.get(token, 0) for token in source.split()], np.int32)

    def _written(self, target: str) -> np.ndarray:
        end, unknown = self._targets[END], self._targets[UNKNOWN]
        return np.array([*(self._targets.get(token, unknown) for token in target.split()), end], np.int32)
