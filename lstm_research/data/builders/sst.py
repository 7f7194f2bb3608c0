"""TFDS builder of the Stanford Sentiment Treebank: sentences of film reviews, five classes or two.

Whole sentences only, no phrases; 8,544 / 1,101 / 2,210 of five classes, 6,920 / 872 / 1,821 of two, which leave the
neutral ones out. Splits are as published. Tokens are separated by blanks already.

References: Socher et al., Recursive Deep Models for Semantic Compositionality Over a Sentiment Treebank, EMNLP 2013;
  the files are those of Kim's and Harvard's sentence classifiers.
"""

from typing import Any, ClassVar

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.builders._texts import split_lines, text_features

CLASSES = {
    "fine": ("very negative", "negative", "neutral", "positive", "very positive"),
    "binary": ("negative", "positive"),
}
FILES = {"train": "train", "valid": "dev", "test": "test"}


class Sst(Builder):
    """Stanford Sentiment Treebank, sentences. No licence stated."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {
        config: tuple(f"stsa.{config}.{file}" for file in FILES.values()) for config in CLASSES
    }
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return text_features()

    def read(self, contents: dict[str, Content]) -> Splits:
        names = CLASSES[self.builder_config.name]
        return {
            split: [{"text": text, "label": names[int(digit)]} for digit, text in split_lines(content, file, " ")]
            for split, (file, content) in zip(FILES, contents.items(), strict=True)
        }
