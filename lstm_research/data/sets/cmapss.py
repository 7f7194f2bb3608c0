"""C-MAPSS: turbofan engines until they fail; the answer is how many cycles are left (RUL), at every cycle.

Of train a tenth of the engines is validation. Three settings and 21 sensors; sensors that never change in train are
left in, and are 0 once they are scaled.

References: Saxena, Goebel, Simon & Eklund 2008; files and facts: `data/builders/cmapss.py`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from lstm_research.data.labelled import Labelled, LabelledSet
from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load

CHANNELS = (*(f"setting {k}" for k in range(1, 4)), *(f"sensor {k}" for k in range(1, 22)))


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: cmapss, name: FD001}"""

    gives: ClassVar[str] = "labelled sequences"

    name: Literal["FD001", "FD002", "FD003", "FD004"]
    """Operating conditions and faults: one and one, six and one, one and two, six and two."""

    def load(self, paths: DataPaths) -> LabelledSet:
        """Raises DataError: see `data.prepared.load`."""
        splits = load("cmapss", self.name, paths).splits
        train, valid, test = (_labelled(splits[name]) for name in ("train", "valid", "test"))
        return LabelledSet(train, valid, test, channels=CHANNELS)


def _labelled(examples: list[dict[str, Any]]) -> Labelled:
    return Labelled(
        tuple(example["values"] for example in examples),
        np.array([example["rul"][-1] for example in examples], np.float32),
        names=tuple(example["name"] for example in examples),
        per_step=tuple(example["rul"] for example in examples),
    )
