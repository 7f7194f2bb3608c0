"""TFDS builder of surnames by language: 20,050 romanised names of 18 languages, nearly half of them Russian.

One split, the whole: they were published without others. Names that two languages share occur under both.

Reference: Robertson, NLP From Scratch: Classifying Names with a Character-Level RNN, PyTorch tutorials.
"""

from typing import Any, ClassVar

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.builders._texts import text_features
from lstm_research.data.members import registered


class Names(Builder):
    """Surnames by language. MIT."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {"surnames": tuple(sorted(registered("names")))}
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return text_features()

    def read(self, contents: dict[str, Content]) -> Splits:
        found = []
        for file, content in contents.items():
            assert isinstance(content, bytes)
            language = file.removesuffix(".txt")
            found += [
                {"text": name, "label": language} for line in content.decode().splitlines() if (name := line.strip())
            ]
        return {"whole": found}
