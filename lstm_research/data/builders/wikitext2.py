"""TFDS builder of WikiText-2: articles of Wikipedia in words, 2,088,628 / 217,646 / 245,569 of them with line ends.

One example a split, its whole text. Words seen fewer than three times in train are `<unk>` as published; each line end
counts as a token, which makes a vocabulary of 33,278.

Reference: Merity, Xiong, Bradbury & Socher, Pointer Sentinel Mixture Models, arXiv:1609.07843, section 4.
"""

from typing import Any, ClassVar

import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs

SPLITS = ("train", "valid", "test")


class Wikitext2(Builder):
    """WikiText-2, tokenised. CC BY-SA 3.0. The authors' archive was withdrawn: its download is untested."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {
        "words": tuple(f"wikitext-2/wiki.{split}.tokens" for split in SPLITS)
    }
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return {"text": tfds.features.Text()}

    def read(self, contents: dict[str, Content]) -> Splits:
        found = {}
        for split, content in zip(SPLITS, contents.values(), strict=True):
            assert isinstance(content, bytes)
            found[split] = [{"text": content.decode()}]
        return found
