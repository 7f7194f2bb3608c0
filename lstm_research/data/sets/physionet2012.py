"""PhysioNet/CinC Challenge 2012: who dies in hospital, after 48 hours of intensive care? Measured irregularly.

37 variables, with gaps; age, gender, height, kind of unit and weight are static. Set a is train (a tenth of it
validation), set b test; 13.9 and 14.2 % died.

References: Silva, Moody, Scott, Celi & Mark 2012; Che, Purushotham, Cho, Sontag & Liu, arXiv:1606.01865 (GRU-D); files
  and facts: `data/builders/physionet2012.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt

from lstm_research.data.labelled import Labelled, LabelledSet
from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load

CLASSES = ("died", "survived")


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: physionet2012}"""

    gives: ClassVar[str] = "labelled sequences"

    bin_hours: Annotated[float, Gt(0)] | None = 1.0
    """Means over stretches of so many hours, each a step; None: a step for every time at which anything was measured.
    Means over stretches of so many hours, each a step; None: a step for every time at which anything was measured."""

    def load(self, paths: DataPaths) -> LabelledSet:
        """Raises DataError: see `data.prepared.load`."""
        from lstm_research.data.builders.physionet2012 import DESCRIPTORS, VARIABLES

        splits = load("physionet2012", "mortality", paths).splits
        train, valid, test = (self._labelled(splits[name]) for name in ("train", "valid", "test"))
        return LabelledSet(train, valid, test, channels=VARIABLES, classes=CLASSES, gaps=True, static=DESCRIPTORS)

    def _labelled(self, examples: Sequence[dict[str, Any]]) -> Labelled:
        steps = [
            (example["values"], example["hours"])
            if self.bin_hours is None
            else binned(example["values"], example["hours"], self.bin_hours)
            for example in examples
        ]
        return Labelled(
            tuple(values for values, _ in steps),
            np.array([CLASSES.index("died" if example["died"] else "survived") for example in examples], np.int32),
            times=tuple(hours for _, hours in steps),
            static=np.stack([example["static"] for example in examples]),
            names=tuple(example["name"] for example in examples),
        )


def binned(values: np.ndarray, hours: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Means of what was measured in each stretch of `width` hours, and when each begins; empty ones are left out."""
    place = np.floor(hours / np.float32(width)).astype(np.int64)
    stretches, row = np.unique(place, return_inverse=True)
    there = ~np.isnan(values)
    total = np.zeros((len(stretches), values.shape[1]), np.float64)
    count = np.zeros_like(total)
    np.add.at(total, row, np.where(there, values, 0.0))
    np.add.at(count, row, there)
    means = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return means.astype(np.float32), (stretches * width).astype(np.float32)
