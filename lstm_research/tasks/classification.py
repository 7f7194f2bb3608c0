"""Classification: which of a few classes a whole sequence belongs to.

With three steps of two channels and classes a, b:

    channel 1   0.1  0.5  0.2
    channel 2   1.0  0.9  0.7     -> a

Channels are standardised by train alone. Loss, metrics and chance: see `tasks.base.classes`.

References: He & Garcia, Learning from imbalanced data, 2009 (metrics); Che et al., arXiv:1606.01865 (what is seen of
  values that were not measured).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt

from lstm_research.data.channels import Channels, Show, check_show, fit_channels
from lstm_research.data.labelled import Labelled, LabelledSet
from lstm_research.tasks.base import Spec, Split
from lstm_research.tasks.base.classes import ClassesConfig, OfClasses, check_classes
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.tasks.source.corpus import Corpus, corpus
from lstm_research.tasks.source.stretches import Stretches
from lstm_research.types import ConfigError

NEAREST = 3e10
"""Multiply-adds up to which nearest neighbours make a row."""


@dataclass(frozen=True, kw_only=True)
class Config(ClassesConfig):
    """{kind: classification}"""

    takes: ClassVar[str] = "labelled sequences"

    show: Show | None = None
    """Of data with gaps, what the network sees: `values`, the last measured; `mask`, also whether each was measured;
    `decay`, also how long ago, as the cell gru_d wants it. None: the data have no gaps."""
    clip: Annotated[float, Gt(0)] | None = None
    """Standardised values further from 0 than this are brought there: for data with typing errors."""

    def build(self, data: LabelledSet) -> "Classification":
        """The task on its data. Raises ConfigError for a misfit of the two."""
        if not data.classes:
            raise ConfigError("task.kind=classification needs classes, and these data have numbers; take regression")
        check_show(self.show, gaps=data.gaps)
        fitted = {
            "channels": fit_channels(data.train).to_json(),
            **self.fit_classes(data.train.answers, data.classes),
            "data": data.described,
        }
        return Classification(self, data, fitted)

    def restored(self, fitted: dict[str, Any], data: LabelledSet, *, every: bool) -> "Classification":
        """The task of a finished run on new sequences, its split test; `every` changes nothing: each has one answer."""
        if data.gaps and self.show is None:
            raise ConfigError("values are missing in the new sequences, and the run was trained on some without gaps")
        return Classification(self, data, fitted)


class Classification(OfClasses):
    """See the module's docstring. Outputs: logits, Float[b c]."""

    def __init__(self, config: Config, data: LabelledSet, fitted: dict[str, Any]):
        super().__init__(config, fitted)
        self.data, self.digest = data, data.digest
        self.channels = Channels.from_json(fitted["channels"])
        self._laid: dict[str, Corpus] = {}
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
        check_classes(part.answers, split, len(self.classes))
        if split not in self._laid:
            self._laid[split] = corpus(self.channels.seen(part, self.config.show, self.config.clip), beside=part.values)
        flat, start, length = self._laid[split]
        targets = {"answer": part.answers.astype(np.int32)}
        return Stretches(flat, start, length, targets, batch).for_split(split, self.config.bucket_waste)

    def called(self) -> Sequence[str]:
        return self.data.test.names
