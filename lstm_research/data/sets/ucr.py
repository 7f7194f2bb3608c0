"""UCR/UEA time series classification: any set of the archives by its name, univariate or multivariate.

Validation is one of three folds of train: each class is dealt out to them in the order of the sha256 of its cases'
names.

References: Dau et al. 2019, Bagnall et al., arXiv:1811.00075; files and facts: `data/builders/ucr.py`.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt

from lstm_research.data.labelled import LabelledSet
from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load, where
from lstm_research.data.sets._cases import labelled_set
from lstm_research.types import ConfigError

FOLDS = 3


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: ucr, name: GunPoint}"""

    gives: ClassVar[str] = "labelled sequences"

    name: str
    """The set, as the archive spells it: looked for as ucr/NAME/NAME_TRAIN.ts, or .txt, .tsv, without ending, zipped.
    The set, as the archive spells it: looked for as ucr/NAME/NAME_TRAIN.ts, or .txt, .tsv, without ending, zipped."""
    fold: Annotated[int, Ge(0), Lt(FOLDS)] = 0
    """Which third of train is validation."""

    def load(self, paths: DataPaths) -> LabelledSet:
        """Raises DataError: see `data.prepared.load`; ConfigError for a name that is no name of a set."""
        if not self.name.replace("_", "").replace("-", "").isalnum():
            raise ConfigError(f"data.name={self.name!r} is not the name of a set; for example GunPoint")
        splits = load("ucr", self.name, paths, paths.held).splits
        held = folds([(case["name"], case["label"]) for case in splits["train"]]) == self.fold
        return labelled_set(where(splits["train"], ~held), where(splits["train"], held), splits["test"])


def folds(cases: list[tuple[str, str]]) -> np.ndarray:
    """int[n]: the fold of each (name, class), so that the folds share every class evenly."""
    dealt: Counter[str] = Counter()
    found = np.zeros(len(cases), np.int64)
    for place in sorted(range(len(cases)), key=lambda place: hashlib.sha256(cases[place][0].encode()).hexdigest()):
        label = cases[place][1]
        found[place] = dealt[label] % FOLDS
        dealt[label] += 1
    return found
