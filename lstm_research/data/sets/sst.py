"""Stanford Sentiment Treebank: is a sentence of a film review for or against it? Splits as published.

Reference: Socher et al., EMNLP 2013; files and facts: `data/builders/sst.py`.
"""

from dataclasses import dataclass
from typing import Literal

from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.texts import PreparedTexts, TextSet, text_set


@dataclass(frozen=True, kw_only=True)
class Config(PreparedTexts):
    """{kind: sst}"""

    name: Literal["binary", "fine"] = "binary"
    """Two classes without the neutral sentences, or five."""

    def load(self, paths: DataPaths) -> TextSet:
        """Raises DataError: see `data.prepared.load`."""
        splits = load("sst", self.name, paths).splits
        told = [[(one["text"], one["label"]) for one in splits[name]] for name in ("train", "valid", "test")]
        return text_set(told[0], told[1], told[2])
