"""SCAN: from commands to actions; a tenth of train, by the sha256 of its commands, is validation.

`simple` splits at random; `length` tests on longer actions than any in train; `jump` and `turn_left` on commands with a
word that train shows alone, or hardly.

Reference: Lake & Baroni, arXiv:1711.00350; files and facts: `data/builders/scan.py`.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from lstm_research.data.pairs import PairSet
from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.split import held_out, parted


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: scan, split: simple}"""

    gives: ClassVar[str] = "pairs of sequences"

    split: Literal["simple", "length", "jump", "turn_left"] = "simple"
    """How train and test differ."""

    def load(self, paths: DataPaths) -> PairSet:
        """Raises DataError: see `data.prepared.load`."""
        splits = load("scan", self.split, paths).splits
        train, test = (tuple((one["source"], one["target"]) for one in splits[name]) for name in ("train", "test"))
        kept, valid, _ = parted(train, held_out([source for source, _ in train]))
        return PairSet(kept, valid, test)
