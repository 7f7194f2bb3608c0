"""Polyphonic music: which of 88 keys sound at the next step of a piano-roll.

A piece of T steps is predicted at every step 1..T from the steps before it; the first from a zero input. With three
keys and T = 3:

    roll    101  101  010
    input   000  101  101        -> the roll, step by step

Outputs are logits of 88 independent keys. Loss and metric: the negative log-likelihood of a step in nats, summed over
the keys and averaged over all steps of all pieces.

Chance: 88 log 2 = 61.0, a coin per key. Far below it is the per-key marginal of the training set (`baselines`), a naive
row that means something. Scoring steps 2..T only, as some code does, raises the marginal's test value by 0.004 to 0.03
nats: JSB 11.06 here, 11.09 there.

Whole pieces are padded to the longest, which is much for corpora of one long piece; `bucket_waste` bounds it.

References: Boulanger-Lewandowski, Bengio & Vincent, ICML 2012, section 5; Chung, Gulcehre, Cho & Bengio,
  arXiv:1412.3555, section 4; Bai, Kolter & Koltun, arXiv:1803.01271, section 5 (the files).
"""

from dataclasses import dataclass
from math import log
from typing import Annotated, Literal

from annotated_types import Ge, Lt
from jaxtyping import Array, Float

from lstm_research import metrics
from lstm_research.data.paths import DataPaths
from lstm_research.data.polyphonic_music import Music, load
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Spec, Split
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.tasks.source.padded import Padded
from lstm_research.tasks.source.stream import Stream
from lstm_research.types import ConfigError, Sum

KEYS = 88


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: polyphonic_music, dataset: jsb_chorales}"""

    dataset: Literal["jsb_chorales", "nottingham", "musedata", "piano_midi"]
    """The corpus. Longest piece, in steps: 160, 1793, 4273, 3857."""
    window: Annotated[int, Ge(1)] | None = None
    """Steps of truncated backpropagation, in a stream whose carry is handed on: memory depends on the window, not on
    the longest piece. None: whole pieces."""
    bucket_waste: Annotated[float, Ge(0), Lt(1)] | None = None
    """Batches of whole pieces of like length, so that at most this share of the steps of an epoch of training is
    padding; 0.2 for example. The model is compiled for every bucket, 8 at most; memory is still that of the longest.
    Which pieces meet in a batch depends on it, and an epoch is a whole number of updates. None: any pieces meet, padded
    to the longest of all."""

    def build(self, paths: DataPaths) -> "PolyphonicMusic":
        """The task, its corpus in memory.

        Raises DataError where the corpus is missing or damaged, ConfigError where a stream is to be put in buckets.
        """
        if self.window is not None and self.bucket_waste is not None:
            raise ConfigError(
                f"task.bucket_waste={self.bucket_waste:g} and task.window={self.window}: a stream in windows has no "
                "whole pieces to put in buckets; leave one of the two out"
            )
        return PolyphonicMusic(self, load(self.dataset, paths))


class PolyphonicMusic:
    """See the module's docstring. Outputs: logits, Float[t b 88]."""

    baselines = ("chance", "music_marginal", "music_markov", "music_repeat")
    spec = Spec(
        inputs=KEYS, tokens=False, outputs=KEYS, per_step=True, select="nll", higher_is_better=False, causal=True
    )

    def __init__(self, config: Config, music: Music):
        self._config = config
        self.music = music
        self.digest = music.digest

    def source(self, split: Split, batch: int) -> Source | Bucketed:
        pieces = getattr(self.music, split)
        if self._config.window is not None:
            return Stream(pieces, batch, self._config.window)
        if self._config.bucket_waste is not None:
            return Padded(pieces, batch).bucketed(self._config.bucket_waste)
        return Padded(pieces, batch)

    def loss(self, outputs: Float[Array, "t b c"], batch: Batch) -> Sum:
        return metrics.binary_nll(outputs, batch.targets, metrics.steps(batch))

    def metrics(self, outputs: Float[Array, "t b c"], batch: Batch) -> dict[str, Sum]:
        return {"nll": self.loss(outputs, batch)}

    def chance(self) -> dict[str, float]:
        return {"nll": KEYS * log(2)}
