"""Text classification: which of a few classes a text is of.

    "a film to see twice"  -> positive

Words: lower-case runs of letters, digits and apostrophes, and every other visible character by itself ("isn't so!" is
isn't, so, !). Characters: as they are. The vocabulary is that of train; what is not in it is unknown, token 0. Loss,
further metrics and chance: see `tasks.base.classes`. `unknown`: share of the tokens of a split that are unknown.

Reference: Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014, section 3 (the sets, from
  sentences alone).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from annotated_types import Ge
from jaxtyping import Array, Float

from lstm_research import metrics
from lstm_research.data.texts import Texts, TextSet
from lstm_research.data.vocabulary import UNKNOWN, by_use
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Spec, Split
from lstm_research.tasks.base.classes import ClassesConfig, OfClasses, known
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.tasks.source.corpus import corpus
from lstm_research.tasks.source.stretches import Stretches
from lstm_research.types import Sum

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[^\w\s]|_")


@dataclass(frozen=True, kw_only=True)
class Config(ClassesConfig):
    """{kind: text_classification, tokens: words}"""

    takes: ClassVar[str] = "labelled texts"

    tokens: Literal["words", "characters"] = "words"
    """What a step is."""
    min_count: Annotated[int, Ge(1)] = 1
    """Tokens seen less often in train are unknown; at 1 the unknown one is never trained."""
    longest: Annotated[int, Ge(1)] = 400
    """Tokens that are read of a text: the first ones."""

    def build(self, data: TextSet) -> "TextClassification":
        """The task on its texts. Raises ConfigError for a misfit of the two."""
        counts = Counter(token for text in data.train.texts for token in split_up(text, self.tokens)[: self.longest])
        fitted = {
            "vocabulary": [UNKNOWN, *by_use(counts, self.min_count)],
            **self.fit_classes(data.train.answers, data.classes),
            "data": {"classes": list(data.classes)},
        }
        return TextClassification(self, data, fitted)

    def restored(self, fitted: dict[str, Any], data: TextSet, *, every: bool) -> "TextClassification":
        """The task of a finished run on new texts, its split test; `every` changes nothing: each has one answer."""
        return TextClassification(self, data, fitted)


class TextClassification(OfClasses):
    """See the module's docstring. Outputs: logits, Float[b c]."""

    baselines = ("majority", "bag_of_words")

    def __init__(self, config: Config, data: TextSet, fitted: dict[str, Any]):
        super().__init__(config, fitted)
        self.data, self.digest = data, data.digest
        self._place = {token: place for place, token in enumerate(fitted["vocabulary"])}
        self._told: dict[str, _Read] = {}
        self.spec = Spec(
            inputs=len(self._place), tokens=True, outputs=len(self.classes), per_step=False, select=config.select,
            higher_is_better=True, causal=False,
        )  # fmt: skip

    @property
    def told(self) -> str:
        """The vocabulary, what is unknown, and how many texts are cut, in one line."""
        parts = {split: self._read(split) for split in ("train", "valid", "test")}
        shares = ", ".join(f"{100 * one.unknown.sum() / one.length.sum():.1f} % of {k}" for k, one in parts.items())
        cut, number = (sum(x) for x in zip(*((one.cut, len(one.rows)) for one in parts.values()), strict=True))
        return (
            f"{len(self._place) - 1:,} {self.config.tokens} of train are known; unknown are {shares}; {cut:,} of "
            f"{number:,} texts cut to {self.config.longest}"
        )

    def source(self, split: Split, batch: int) -> Source | Bucketed:
        part, read = getattr(self.data, split), self._read(split)
        flat, start, length = corpus(read.rows)
        targets = {"answer": part.answers, "unknown": read.unknown, "tokens": read.length}
        return Stretches(flat, start, length, targets, batch).for_split(split, self.config.bucket_waste)

    def metrics(self, outputs: Float[Array, "b c"], batch: Batch) -> dict[str, Sum]:
        unknown, tokens = (metrics.summed(batch.targets[name], known(batch)).total for name in ("unknown", "tokens"))
        return super().metrics(outputs, batch) | {"unknown": Sum(unknown, tokens)}

    def called(self) -> Sequence[str]:
        return self.data.test.texts

    def tokens(self, text: str) -> list[str]:
        """What is read of a text."""
        return split_up(text, self.config.tokens)[: self.config.longest]

    def lines(self, kept: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Also the share of each text's tokens that the run does not know."""
        read = self._read("test")
        for row, unknown, tokens in zip(super().lines(kept), read.unknown, read.length, strict=True):
            yield row | {"unknown": float(unknown / tokens)}

    def _read(self, split: str) -> "_Read":
        if split not in self._told:
            part: Texts = getattr(self.data, split)
            rows, cut = [], 0
            for text in part.texts:
                found = [self._place.get(token, 0) for token in split_up(text, self.config.tokens)]
                cut += len(found) > self.config.longest
                rows.append(np.array(found[: self.config.longest] or [0], np.int32))
            unknown, length = (np.array(x, np.float32) for x in ([(r == 0).sum() for r in rows], list(map(len, rows))))
            self._told[split] = _Read(rows, unknown, length, cut)
        return self._told[split]


class _Read(NamedTuple):
    """Texts of a split as tokens."""

    rows: list[np.ndarray]
    """int32[t] each, t >= 1: a text without any token is one unknown."""
    unknown: np.ndarray
    """float32[n], how many tokens of each are unknown."""
    length: np.ndarray
    """float32[n], of how many."""
    cut: int
    """Texts that are longer than what is read of them."""


def split_up(text: str, tokens: str) -> list[str]:
    """The tokens of a text, see the module's docstring."""
    return WORD.findall(text.lower()) if tokens == "words" else list(text)
