"""UD English-EWT: parts of speech of the words of English web texts, 17 tags. Splits as published.

Reference: Silveira et al., LREC 2014; files and facts: `data/builders/ud_english_ewt.py`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.tagged import Sentence, TaggedSet, new_sentences


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: ud_english_ewt}"""

    gives: ClassVar[str] = "tagged sentences"

    def load(self, paths: DataPaths) -> TaggedSet:
        """Raises DataError: see `data.prepared.load`."""
        splits = load("ud_english_ewt", "sentences", paths).splits
        return TaggedSet(
            *(
                tuple(Sentence(tuple(one["text"].split("\t")), tuple(one["tags"].split("\t"))) for one in splits[name])
                for name in ("train", "valid", "test")
            )
        )

    def load_new(self, path: Path, described: dict[str, Any]) -> TaggedSet:
        """A sentence on each line of a file, words apart by blanks. Raises ConfigError, DataError."""
        return new_sentences(path)
