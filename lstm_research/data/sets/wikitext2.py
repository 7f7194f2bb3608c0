"""WikiText-2: two million words of Wikipedia, 600 articles to train on, 60 for validation and 60 to test on.

Reference: Merity et al., arXiv:1609.07843; files and facts: `data/builders/wikitext2.py`.
"""

from dataclasses import dataclass
from typing import ClassVar

from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.running_text import RunningText


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: wikitext2}"""

    gives: ClassVar[str] = "running text"

    def load(self, paths: DataPaths) -> RunningText:
        """Raises DataError: see `data.prepared.load`."""
        splits = load("wikitext2", "words", paths).splits
        return RunningText(*(splits[name][0]["text"] for name in ("train", "valid", "test")))
