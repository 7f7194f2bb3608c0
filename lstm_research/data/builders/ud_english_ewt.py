"""TFDS builder of Universal Dependencies English-EWT: sentences of the web with a part of speech for each word.

12,544 / 2,001 / 2,077 sentences, 204,577 / 25,147 / 25,094 words, 17 universal tags; splits as published, snapshot of
2025-05-10. Contractions are taken apart, as the treebank does.

Reference: Silveira et al., A Gold Standard Dependency Corpus for English, LREC 2014.
"""

from typing import Any, ClassVar

import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.tagged import read_columns

FILES = {"train": "train", "valid": "dev", "test": "test"}
WORD, UPOS = 2, 4


class UdEnglishEwt(Builder):
    """UD English-EWT. CC BY-SA 4.0."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {
        "sentences": tuple(f"en_ewt-ud-{file}.conllu" for file in FILES.values())
    }
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        # Words and tags of a sentence, tabs between them.
        return {"text": tfds.features.Text(), "tags": tfds.features.Text()}

    def read(self, contents: dict[str, Content]) -> Splits:
        found = {}
        for split, (name, content) in zip(FILES, contents.items(), strict=True):
            assert isinstance(content, bytes)
            sentences = read_columns(content.decode(), name, WORD, UPOS)
            found[split] = [{"text": "\t".join(one.words), "tags": "\t".join(one.tags)} for one in sentences]
        return found
