"""C-MAPSS: turbofan engines until they fail; the answer is how many cycles are left (RUL), at every cycle.

Of train a tenth of the engines is validation. Three settings and 21 sensors; sensors that never change in train are
left in, and are 0 once they are scaled.

References: Saxena, Goebel, Simon & Eklund 2008; files and facts: `data/builders/cmapss.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from lstm_research.data.labelled import Labelled, LabelledSet
from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.types import DataError

CHANNELS = (*(f"setting {k}" for k in range(1, 4)), *(f"sensor {k}" for k in range(1, 22)))


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: cmapss, name: FD001}"""

    gives: ClassVar[str] = "labelled sequences"

    name: Literal["FD001", "FD002", "FD003", "FD004"]
    """Operating conditions and faults: one and one, six and one, one and two, six and two."""
    by_condition: bool = False
    """Standardise the sensors within each operating condition, by train: for FD002 and FD004, where conditions change
    from cycle to cycle and move the sensors more than wear does."""

    def load(self, paths: DataPaths) -> LabelledSet:
        """Raises DataError: see `data.prepared.load`."""
        splits = load("cmapss", self.name, paths).splits
        train, valid, test = (_labelled(splits[name]) for name in ("train", "valid", "test"))
        if self.by_condition:
            scales = _scales(np.concatenate(train.values))
            train, valid, test = (
                replace(part, values=tuple(_standardised(values, scales) for values in part.values))
                for part in (train, valid, test)
            )
        return LabelledSet(train, valid, test, channels=CHANNELS)


def _condition(values: np.ndarray) -> np.ndarray:
    """float32[t]: the altitude, in thousands of feet, which differs in all conditions; readings scatter by 0.01."""
    return np.round(values[:, 0])


def _scales(values: np.ndarray) -> dict[float, tuple[np.ndarray, np.ndarray]]:
    """Condition -> mean and deviation of the sensors; 1 for a sensor that does not change in it."""
    found = {}
    for condition in np.unique(_condition(values)):
        own = values[_condition(values) == condition, 3:].astype(np.float64)
        size = own.std(axis=0)
        found[float(condition)] = (own.mean(axis=0), np.where(size > 1e-6 * np.abs(own).max(axis=0), size, 1.0))
    return found


def _standardised(values: np.ndarray, scales: dict[float, tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    found = values.copy()
    for condition in np.unique(_condition(values)):
        if float(condition) not in scales:
            raise DataError(f"C-MAPSS: no engine of train is run under setting 1 = {condition:g}")
        mean, size = scales[float(condition)]
        rows = _condition(values) == condition
        found[rows, 3:] = (values[rows, 3:] - mean) / size
    return found


def _labelled(examples: Sequence[dict[str, Any]]) -> Labelled:
    return Labelled(
        tuple(example["values"] for example in examples),
        np.array([example["rul"][-1] for example in examples], np.float32),
        names=tuple(example["name"] for example in examples),
        per_step=tuple(example["rul"] for example in examples),
    )
