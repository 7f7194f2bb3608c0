"""Surnames by language: which of 18 languages is a name from? A tenth is validation and a tenth test.

Names that occur under two languages go into one split with both.

Reference: Robertson, PyTorch tutorials; files and facts: `data/builders/names.py`.
"""

from dataclasses import dataclass

from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.texts import PreparedTexts, TextSet, in_three


@dataclass(frozen=True, kw_only=True)
class Config(PreparedTexts):
    """{kind: names}"""

    def load(self, paths: DataPaths) -> TextSet:
        """Raises DataError: see `data.prepared.load`."""
        whole = load("names", "surnames", paths).splits["whole"]
        return in_three([(one["text"], one["label"]) for one in whole])
