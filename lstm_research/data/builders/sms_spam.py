"""TFDS builder of the SMS Spam Collection: 5,574 text messages, 747 of them spam.

One split, the whole: it was published without others.

Reference: Almeida, Gomez Hidalgo & Yamakami, Contributions to the Study of SMS Spam Filtering, DocEng 2011.
"""

from typing import Any, ClassVar

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.builders._texts import split_lines, text_features


class SmsSpam(Builder):
    """SMS Spam Collection v1. CC BY 4.0. The archive's download is untested."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {"messages": ("SMSSpamCollection",)}
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return text_features()

    def read(self, contents: dict[str, Content]) -> Splits:
        ((name, content),) = contents.items()
        return {"whole": [{"text": text, "label": label} for label, text in split_lines(content, name, "\t")]}
