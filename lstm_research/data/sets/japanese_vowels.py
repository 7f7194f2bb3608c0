"""Japanese Vowels: which of nine speakers says /ae/? 12 channels, 7 to 29 steps; 243 train, 27 valid, 370 test.

References: Kudo, Toyama & Shimbo 1999; files and facts: `data/builders/japanese_vowels.py`.
"""

from dataclasses import dataclass
from typing import ClassVar

from lstm_research.data.labelled import LabelledSet
from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.sets._cases import labelled_set


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: japanese_vowels}"""

    gives: ClassVar[str] = "labelled sequences"

    def load(self, paths: DataPaths) -> LabelledSet:
        """Raises DataError: see `data.prepared.load`."""
        splits = load("japanese_vowels", "speakers", paths, paths.held).splits
        return labelled_set(splits["train"], splits["valid"], splits["test"])
