"""TFDS builder of Japanese Vowels: nine speakers say /ae/; who speaks?

Twelve cepstrum coefficients a frame, 7 to 29 frames. Train and test are as published. Validation is ours: a tenth of
each speaker's utterances in train, by the sha256 of their names.

Reference: Kudo, Toyama & Shimbo, Multidimensional curve classification using passing-through regions, Pattern
  Recognition Letters 20, 1999.
"""

from typing import Any, ClassVar

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.builders._cases import case_features, cases
from lstm_research.data.split import held_out


class JapaneseVowels(Builder):
    """Japanese Vowels (speaker identification). CC BY 4.0."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {"speakers": ("JapaneseVowels_TRAIN.ts", "JapaneseVowels_TEST.ts")}
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return case_features()

    def read(self, contents: dict[str, Content]) -> Splits:
        train, test = (cases(content, name, split) for (name, content), split in
                       zip(contents.items(), ("train", "test"), strict=True))  # fmt: skip
        out = held_out([case["name"] for case in train], [case["label"] for case in train])
        return {
            "train": [case for case, held in zip(train, out, strict=True) if not held],
            "valid": [case for case, held in zip(train, out, strict=True) if held],
            "test": test,
        }
