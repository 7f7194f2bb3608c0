"""TREC: what does a question ask for? A tenth of train is validation.

Reference: Li & Roth, COLING 2002; files and facts: `data/builders/trec.py`.
"""

from dataclasses import dataclass
from typing import Literal

from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.texts import PreparedTexts, TextSet, with_valid


@dataclass(frozen=True, kw_only=True)
class Config(PreparedTexts):
    """{kind: trec}"""

    labels: Literal["coarse", "fine"] = "coarse"
    """Six classes, or fifty."""

    def load(self, paths: DataPaths) -> TextSet:
        """Raises DataError: see `data.prepared.load`."""
        splits = load("trec", "questions", paths).splits
        told = ([(one["text"], one[self.labels]) for one in splits[name]] for name in ("train", "test"))
        return with_valid(*told)
