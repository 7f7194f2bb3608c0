"""Tagging: a tag for each word of a sentence, such as its part of speech.

    The   cat   sat
    DET   NOUN  VERB

A step shows the word and its letters: words seen less than `min_count` times in train are unknown, and only their
letters tell them apart (the first and last `letters` / 2 of longer ones). Outputs are logits of the tags of train.

Loss: cross-entropy of a word's tag. Metrics, of all words of a split: `accuracy`; `accuracy_unknown`, of words that
train does not have; `unknown`, the share of those; and, where all tags are of the form O, B-x, I-x, `f1` of spans that
are right in place and kind, as conlleval counts (an I-x that continues nothing begins a span).

Chance: the most frequent tag of train, with the accuracy that it has there.

References: Plank, Soegaard & Goldberg, ACL 2016 (words and letters); Tjong Kim Sang & Buchholz, CoNLL 2000 (spans).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Lt
from jaxtyping import Array, Bool, Float

from lstm_research import metrics
from lstm_research.data.tagged import Sentence, TaggedSet
from lstm_research.data.vocabulary import UNKNOWN, by_use
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Spec, Split
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.tasks.source.worded import Worded
from lstm_research.types import DataError, Sum

NO_TAG = -1
OUTSIDE = "O"


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: tagging}"""

    takes: ClassVar[str] = "tagged sentences"

    min_count: Annotated[int, Ge(1)] = 2
    """Words seen less often in train are unknown; at 1 an unknown word is one that was never trained."""
    letters: Annotated[int, Ge(2)] = 16
    """Letters of a word that are shown, half of them its first, half its last."""
    bucket_waste: Annotated[float, Ge(0), Lt(1)] | None = None
    """Training batches of sentences of like length, so that at most this share of their steps is padding."""

    def build(self, data: TaggedSet) -> "Tagging":
        """The task on its data. Raises DataError where valid or test has a tag that train lacks."""
        words = Counter(word for sentence in data.train for word in sentence.words)
        letters = Counter(letter for word, n in words.items() for letter in word * n)
        tags = Counter(tag for sentence in data.train for tag in sentence.tags)
        for split in ("valid", "test"):
            for sentence in getattr(data, split):
                for word, tag in zip(*sentence, strict=True):
                    if tag and tag not in tags:
                        raise DataError(f"{split}: tag {tag!r} of {word!r} is not in train")
        fitted = {
            "words": [UNKNOWN, *by_use(words, self.min_count)],
            "rare": sorted(word for word, n in words.items() if n < self.min_count),
            "letters": [UNKNOWN, *by_use(letters, 1)],
            "tags": sorted(tags),
            "share": max(tags.values()) / sum(tags.values()),
            "data": {},
        }
        return Tagging(self, data, fitted)

    def restored(self, fitted: dict[str, Any], data: TaggedSet, *, every: bool) -> "Tagging":
        """The task of a finished run on new sentences; `every` changes nothing: each word has one tag."""
        return Tagging(self, data, fitted)


class Tagging:
    """See the module's docstring. Outputs: logits, Float[t b c]."""

    baselines = ("majority_tag", "hmm_tagger")

    def __init__(self, config: Config, data: TaggedSet, fitted: dict[str, Any]):
        self.config, self.data, self.fitted, self.digest = config, data, fitted, data.digest
        self.tags: tuple[str, ...] = tuple(fitted["tags"])
        self._tags = {tag: place for place, tag in enumerate(self.tags)}
        self._words = {word: place for place, word in enumerate(fitted["words"])}
        self._letters = {letter: place for place, letter in enumerate(fitted["letters"])}
        self._seen = set(fitted["words"]) | set(fitted["rare"])
        self._rows: dict[str, list[np.ndarray]] = {}
        self.spec = Spec(
            inputs=len(self._words), tokens=True, outputs=len(self.tags), per_step=True, select="accuracy",
            higher_is_better=True, causal=False, letters=len(self._letters) + 1,
        )  # fmt: skip

    def source(self, split: Split, batch: int) -> Source | Bucketed:
        if split not in self._rows:
            self._rows[split] = [self._row(sentence) for sentence in getattr(self.data, split)]
        return Worded(self._rows[split], batch).for_split(split, self.config.bucket_waste)

    def loss(self, outputs: Float[Array, "t b c"], batch: Batch) -> Sum:
        return metrics.cross_entropy(outputs, batch.targets["tag"], _tagged(batch))

    def metrics(self, outputs: Float[Array, "t b c"], batch: Batch) -> dict[str, Sum]:
        tags, tagged, unseen = batch.targets["tag"], _tagged(batch), batch.targets["unseen"] > 0
        return {
            "accuracy": metrics.accuracy(outputs, tags, tagged),
            "accuracy_unknown": metrics.accuracy(outputs, tags, tagged & unseen),
            "unknown": metrics.summed(unseen.astype(jnp.float32), tagged),
        }

    def keep(self, outputs: Float[Array, "t b c"], batch: Batch) -> dict[str, Any]:
        truth = jnp.where(_tagged(batch), batch.targets["tag"], NO_TAG)
        return {"tag": jnp.argmax(outputs, axis=-1).T, "truth": truth.T}

    def whole(self, kept: dict[str, Any]) -> dict[str, float]:
        if not in_spans(self.tags):
            return {}
        truth, told = (
            [spans([self.tags[tag] for tag in row[there]]) for row, there in zip(kept[name], known, strict=True)]
            for known in [kept["truth"] >= 0]
            for name in ("truth", "tag")
        )
        right = sum(len(a & b) for a, b in zip(truth, told, strict=True))
        both = sum(map(len, truth)) + sum(map(len, told))
        return {"f1": 2 * right / both if both else float("nan")}

    def lines(self, kept: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What was kept of split test: a row for each word."""
        for number, (sentence, tags) in enumerate(zip(self.data.test, kept["tag"], strict=True), 1):
            for word, truth, tag in zip(sentence.words, sentence.tags, tags, strict=False):
                yield {"sentence": number, "word": word, "tag": self.tags[tag], "truth": truth or None}

    def chance(self) -> dict[str, float]:
        return {"accuracy": self.fitted["share"]}

    def _row(self, sentence: Sentence) -> np.ndarray:
        """int32[t 3+l], see `Worded`."""
        row = np.zeros((len(sentence.words), 3 + self.config.letters), np.int32)
        for step, (word, tag) in enumerate(zip(*sentence, strict=True)):
            spelt = self._spelt(word)
            row[step, 0] = self._words.get(word, 0)
            row[step, 1 : 1 + len(spelt)] = spelt
            row[step, -2:] = self._tags.get(tag, NO_TAG), word not in self._seen
        return row

    def _spelt(self, word: str) -> list[int]:
        """Numbers of a word's letters: 0 is padding, 1 a letter that train does not have."""
        half = self.config.letters // 2
        shown = word if len(word) <= self.config.letters else word[:half] + word[-half:]
        return [1 + self._letters.get(letter, 0) for letter in shown]


def in_spans(tags: Sequence[str]) -> bool:
    """Whether all tags are of the form O, B-x, I-x, and some are of the last two."""
    return all(tag == OUTSIDE or tag[:2] in ("B-", "I-") for tag in tags) and len(set(tags) - {OUTSIDE}) > 0


def spans(tags: Sequence[str]) -> set[tuple[str, int, int]]:
    """(kind, first, one after the last) of the spans of a sentence."""
    found: set[tuple[str, int, int]] = set()
    begin, kind = 0, ""
    for place, tag in enumerate([*tags, OUTSIDE]):
        goes_on = tag[:2] == "I-" and tag[2:] == kind
        if kind and not goes_on:
            found.add((kind, begin, place))
            kind = ""
        if tag != OUTSIDE and not goes_on:
            begin, kind = place, tag[2:]
    return found


def _tagged(batch: Batch) -> Bool[Array, "t b"]:
    """Words that have a tag; new ones may have none."""
    return metrics.steps(batch) & (batch.targets["tag"] >= 0)
