"""SMS Spam Collection: is a message spam? A tenth is validation and a tenth test; equal messages stay together.

Reference: Almeida et al., DocEng 2011; files and facts: `data/builders/sms_spam.py`.
"""

from dataclasses import dataclass

from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.texts import PreparedTexts, TextSet, in_three


@dataclass(frozen=True, kw_only=True)
class Config(PreparedTexts):
    """{kind: sms_spam}"""

    def load(self, paths: DataPaths) -> TextSet:
        """Raises DataError: see `data.prepared.load`."""
        whole = load("sms_spam", "messages", paths).splits["whole"]
        return in_three([(one["text"], one["label"]) for one in whole])
