"""Tagged sentences of your own: text files with a word and its tag on each line, empty lines between sentences.

    Peter   B-PER
    Blackburn   I-PER
    left    O

`data: {kind: conll, path: my.conll}`: splits are by the sha256 of the sentences, so that equal ones stay together.
Where the path is a folder, it holds a file for each: one whose name says train, one that says valid, dev or testa, and
one that says test.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from lstm_research.data.paths import DataPaths
from lstm_research.data.split import Share, check_shares, parted, three_ways
from lstm_research.data.table import text_of
from lstm_research.data.tagged import Sentences, TaggedSet, new_sentences, read_columns
from lstm_research.types import ConfigError

NAMES = {"train": ("train",), "valid": ("valid", "dev", "testa"), "test": ("test",)}
"""What the name of a split's file says."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: conll, path: my.conll}"""

    gives: ClassVar[str] = "tagged sentences"

    path: str
    """The file, or a folder with a file for each split, from the current folder."""
    word: Annotated[int, Ge(1)] = 1
    """The column of words, from 1; 2 in the form of CoNLL-U."""
    tag: Annotated[int, Ge(1)] = 2
    """The column of tags; 4 for the universal ones of CoNLL-U."""
    valid: Share = 0.1
    """Share of the sentences of one file that is validation."""
    test: Share = 0.1
    """Share of the sentences of one file that is test."""
    encoding: str = "utf-8"
    """Of the files."""

    def check(self) -> None:
        """Raises ValueError for shares that leave nothing."""
        check_shares(self.valid, self.test)

    def load(self, paths: DataPaths) -> TaggedSet:
        """Raises ConfigError where there is no such file, DataError for a fault of it."""
        path = Path(self.path)
        if path.is_dir():
            train, valid, test = (self._read(_file(path, split)) for split in NAMES)
            return TaggedSet(train, valid, test)
        found = self._read(path)
        place = three_ways([" ".join(one.words) for one in found], valid=self.valid, test=self.test)
        return TaggedSet(*parted(found, place, f"{self.path}: {len(found)} sentences"))

    def load_new(self, path: Path, described: dict[str, Any]) -> TaggedSet:
        """New sentences: a .txt file has one on each line, any other the form of the training data; tags may be left
        out. Raises as `load`.
        """
        if path.suffix.lower() == ".txt":
            return new_sentences(path, self.encoding)
        found = self._read(path, tagged=False)
        return TaggedSet(found, found, found)

    def _read(self, path: Path, *, tagged: bool = True) -> Sentences:
        return read_columns(text_of(path, self.encoding), str(path), self.word, self.tag, tagged=tagged)


def _file(folder: Path, split: str) -> Path:
    """The file of a split. Raises ConfigError unless there is just one."""

    def says(name: str, part: str) -> bool:
        return any(word in name for word in NAMES[part])

    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    # `testa` is the old name of validation, and says test as well.
    found = [
        f for f in files if says(f.name.lower(), split) and not (split == "test" and says(f.name.lower(), "valid"))
    ]
    if len(found) != 1:
        told = ", ".join(file.name for file in found) or "none"
        raise ConfigError(
            f"data.path: {folder}: the file of {split} is the one whose name says {' or '.join(NAMES[split])}, and "
            f"there is {told}; rename or move files until there is one"
        )
    return found[0]
