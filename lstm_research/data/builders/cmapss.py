"""TFDS builder of C-MAPSS: simulated turbofan engines run to failure; how many cycles are left?

Train and test are as published: engines of train run until they fail, those of test stop before, and a file says how
many cycles each had left (remaining useful life, RUL). Validation is ours: a tenth of the engines of train, by the
sha256 of their names. Subsets: FD001 one operating condition and one fault, FD002 six and one, FD003 one and two, FD004
six and two.

Reference: Saxena, Goebel, Simon & Eklund, Damage propagation modeling for aircraft engine run-to-failure simulation,
PHM
  2008.
"""

from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.split import held_out
from lstm_research.types import DataError

CHANNELS = 24
"""Three settings and 21 sensors, after engine and cycle."""


class Cmapss(Builder):
    """NASA C-MAPSS turbofan engine degradation, FD001 to FD004. US Government work."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {
        f"FD00{k}": (f"train_FD00{k}.txt", f"test_FD00{k}.txt", f"RUL_FD00{k}.txt") for k in range(1, 5)
    }
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return {
            "name": tfds.features.Text(),
            "values": tfds.features.Tensor(shape=(None, CHANNELS), dtype=np.float32),
            "rul": tfds.features.Tensor(shape=(None,), dtype=np.float32),
        }

    def read(self, contents: dict[str, Content]) -> Splits:
        train, test, rul = contents.values()
        subset = self.builder_config.name
        whole = _engines(train, f"train_{subset}.txt")
        left = _table(rul, f"RUL_{subset}.txt", 1)[:, 0]
        cut = _engines(test, f"test_{subset}.txt")
        if len(left) != len(cut):
            raise DataError(f"RUL_{subset}.txt: {len(left)} values for {len(cut)} engines")
        runs = [_example(f"{subset}/train/{k}", engine, 0.0) for k, engine in enumerate(whole, 1)]
        out = held_out([run["name"] for run in runs])
        return {
            "train": [run for run, held in zip(runs, out, strict=True) if not held],
            "valid": [run for run, held in zip(runs, out, strict=True) if held],
            "test": [
                _example(f"{subset}/test/{k}", engine, float(rest))
                for k, (engine, rest) in enumerate(zip(cut, left, strict=True), 1)
            ],
        }


def _example(name: str, engine: np.ndarray, left: float) -> dict[str, Any]:
    rul = np.arange(len(engine) - 1, -1, -1, dtype=np.float32) + np.float32(left)
    return {"name": name, "values": engine, "rul": rul}


def _engines(content: Content, name: str) -> list[np.ndarray]:
    """float32[t 24] of each engine, cycles 1, 2 ..."""
    table = _table(content, name, 2 + CHANNELS)
    begins = np.flatnonzero(table[:, 1] == 1)
    engines = np.split(table, begins[1:])
    for number, engine in enumerate(engines, 1):
        if (engine[:, 0] != number).any() or (engine[:, 1] != np.arange(1, len(engine) + 1)).any():
            raise DataError(f"{name}: engine {number}: cycles are not 1 to {len(engine)}, or another engine's")
    return [engine[:, 2:].astype(np.float32) for engine in engines]


def _table(content: Content, name: str, width: int) -> np.ndarray:
    assert isinstance(content, bytes)
    lines = [line.split() for line in content.decode("ascii").splitlines() if line.strip()]
    for number, fields in enumerate(lines, 1):
        if len(fields) != width:
            raise DataError(f"{name}:{number}: {len(fields)} fields, expected {width}")
    return np.array([[float(text) for text in fields] for fields in lines], np.float64)
