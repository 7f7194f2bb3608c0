"""SMS Spam Collection: is a message spam? A tenth is validation and a tenth test; equal messages stay together.

Reference: Almeida et al., DocEng 2011; files and facts: `data/builders/sms_spam.py`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.texts import TextSet, in_three, new_lines


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: sms_spam}"""

    gives: ClassVar[str] = "labelled texts"

    def load(self, paths: DataPaths) -> TextSet:
        """Raises DataError: see `data.prepared.load`."""
        whole = load("sms_spam", "messages", paths).splits["whole"]
        return in_three([(one["text"], one["label"]) for one in whole])

    def load_new(self, path: Path, described: dict[str, Any]) -> TextSet:
        """A text on each line of a file. Raises ConfigError, DataError where there is none."""
        return new_lines(path, described["classes"])
