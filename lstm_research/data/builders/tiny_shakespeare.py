"""TFDS builder of Tiny Shakespeare: 40,000 lines of plays, 1,115,394 characters, 65 of them distinct.

One example, the whole text: it was published without splits.

Reference: Karpathy, The Unreasonable Effectiveness of Recurrent Neural Networks, 2015, and its repository char-rnn.
"""

from typing import Any, ClassVar

import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs


class TinyShakespeare(Builder):
    """Tiny Shakespeare. Public domain."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {"plays": ("input.txt",)}
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return {"text": tfds.features.Text()}

    def read(self, contents: dict[str, Content]) -> Splits:
        ((_, content),) = contents.items()
        assert isinstance(content, bytes)
        return {"whole": [{"text": content.decode()}]}
