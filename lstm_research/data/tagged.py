"""Sentences with a tag for each word, in memory: what tagging is given. And the files that hold them."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lstm_research.data.table import lines_of
from lstm_research.types import DataError


class Sentence(NamedTuple):
    """Words, at least one, and as many tags; the tag of a word that has none is ""."""

    words: tuple[str, ...]
    tags: tuple[str, ...]


Sentences = tuple[Sentence, ...]


@dataclass(frozen=True)
class TaggedSet:
    """Sentences, split."""

    train: Sentences
    valid: Sentences
    test: Sentences
    digest: str = field(init=False, compare=False)
    """sha256 of all of it."""

    def __post_init__(self) -> None:
        whole = hashlib.sha256()
        for name in ("train", "valid", "test"):
            whole.update(f"{name}:{len(getattr(self, name))};".encode())
            for sentence in getattr(self, name):
                whole.update(repr(tuple(sentence)).encode())
        object.__setattr__(self, "digest", whole.hexdigest())


def new_sentences(path: Path, encoding: str = "utf-8") -> TaggedSet:
    """A sentence on each line of a file, words apart by blanks. Raises ConfigError, DataError as `lines_of`."""
    lines = lines_of(path, encoding, "give a sentence on each line, its words apart by blanks")
    found = tuple(Sentence(words, ("",) * len(words)) for words in (tuple(line.split()) for line in lines))
    return TaggedSet(found, found, found)


def read_columns(text: str, name: str, word: int, tag: int, *, tagged: bool = True) -> Sentences:
    """The sentences of a file in columns, a word a line, sentences apart by empty lines; lines of `#` are comments.

    Columns are separated by tabs, or, where a line has none, by blanks. In the form of CoNLL-U words of a range (`3-4`)
    and empty nodes (`3.1`) are left out: their parts stand on lines of their own.

    Args:
      word, tag: columns, from 1.
      tagged: whether a tag must be there.

    Raises:
      DataError: a line with too few columns, an empty word or tag, or no sentence at all.
    """
    found: list[Sentence] = []
    words: list[str] = []
    tags: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if not line.strip():
            if words:
                found.append(Sentence(tuple(words), tuple(tags)))
                words, tags = [], []
            continue
        if line.startswith("#") and ("\t" not in line):
            continue
        fields = line.split("\t") if "\t" in line else line.split()
        if len(fields) == 10 and not fields[0].isdigit():
            continue
        if len(fields) < max(word, tag if tagged else word):
            raise DataError(
                f"{name}:{number}: {len(fields)} columns, and the word is in column {word}, its tag in {tag}; name "
                "others with data.word and data.tag"
            )
        told = fields[tag - 1].strip() if len(fields) >= tag else ""
        if not fields[word - 1].strip() or (tagged and not told):
            raise DataError(f"{name}:{number}: an empty word or tag; fill it, or leave the line out")
        words.append(fields[word - 1].strip())
        tags.append(told)
    if not found:
        raise DataError(f"{name}: no sentence; give a word and its tag on each line")
    return tuple(found)
