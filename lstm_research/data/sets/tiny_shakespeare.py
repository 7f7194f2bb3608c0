"""Tiny Shakespeare: 1,115,394 characters of plays, the first 90 % to train on, the next 5 % for validation.

Reference: Karpathy 2015; files and facts: `data/builders/tiny_shakespeare.py`.
"""

from dataclasses import dataclass
from typing import ClassVar

from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.running_text import RunningText, in_three


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: tiny_shakespeare}"""

    gives: ClassVar[str] = "running text"

    def load(self, paths: DataPaths) -> RunningText:
        """Raises DataError: see `data.prepared.load`."""
        (example,) = load("tiny_shakespeare", "plays", paths).splits["whole"]
        return in_three(example["text"], 0.9, 0.05)
