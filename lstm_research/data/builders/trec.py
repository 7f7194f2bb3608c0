"""TFDS builder of TREC's questions: what is asked for, in six coarse classes and fifty fine ones.

5,452 questions to train on, 500 to test on, as published; tokens are separated by blanks already.

Reference: Li & Roth, Learning Question Classifiers, COLING 2002.
"""

from typing import Any, ClassVar

import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.builders._texts import split_lines


class Trec(Builder):
    """TREC question classification. No licence stated; for research."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {"questions": ("train_5500.label", "TREC_10.label")}
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return {name: tfds.features.Text() for name in ("text", "coarse", "fine")}

    def read(self, contents: dict[str, Content]) -> Splits:
        found = {}
        for split, (file, content) in zip(("train", "test"), contents.items(), strict=True):
            lines = split_lines(content, file, " ", "latin-1")
            found[split] = [{"text": text, "coarse": fine.partition(":")[0], "fine": fine} for fine, text in lines]
        return found
