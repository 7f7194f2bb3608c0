"""Texts with a class each, in memory: what text classification is given."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from lstm_research.data.split import held_out, parted, three_ways
from lstm_research.data.table import lines_of
from lstm_research.types import DataError

UNKNOWN = -1
"""The answer of a new text whose class is not known."""


class Texts(NamedTuple):
    """Texts of one split; n of them."""

    texts: tuple[str, ...]
    answers: np.ndarray
    """int32[n], index into `classes`, or UNKNOWN."""


@dataclass(frozen=True)
class TextSet:
    """Texts of the same classes, split."""

    train: Texts
    valid: Texts
    test: Texts
    classes: tuple[str, ...]
    """Names of the classes, sorted."""
    told: str = field(default="", compare=False)
    """What was found out of a file of the user's own, in one line."""
    digest: str = field(init=False, compare=False)
    """sha256 of all of it."""

    def __post_init__(self) -> None:
        whole = hashlib.sha256(repr(self.classes).encode())
        for part in (self.train, self.valid, self.test):
            whole.update(repr((len(part.texts), part.texts)).encode())
            whole.update(np.ascontiguousarray(part.answers, np.int32).data)
        object.__setattr__(self, "digest", whole.hexdigest())


Labelled = Sequence[tuple[str, str]]
"""(text, class) each."""


def text_set(train: Labelled, valid: Labelled, test: Labelled, told: str = "") -> TextSet:
    """The set of these. Raises DataError where a split is empty, has a class that train lacks, or there is but one."""
    classes = tuple(sorted({label for _, label in train}))
    place = {label: number for number, label in enumerate(classes)}
    parts = []
    for name, labelled in (("train", train), ("valid", valid), ("test", test)):
        if not labelled:
            raise DataError(f"none of the texts is left for {name}: there are too few")
        for text, label in labelled:
            if label not in place:
                raise DataError(f"{name}: class {label!r} of the text {text[:40]!r} is not in train")
        parts.append(Texts(tuple(text for text, _ in labelled), np.array([place[y] for _, y in labelled], np.int32)))
    if len(classes) == 1:
        raise DataError(f"train: every text is of class {classes[0]!r}; two classes are needed")
    return TextSet(parts[0], parts[1], parts[2], classes, told)


def with_valid(train: Labelled, test: Labelled) -> TextSet:
    """A tenth of train, by the sha256 of its texts and each class alike, becomes validation."""
    held = held_out([text for text, _ in train], [label for _, label in train])
    kept, valid, _ = parted(train, held)
    return text_set(kept, valid, test)


def in_three(labelled: Labelled, valid: float = 0.1, test: float = 0.1, told: str = "") -> TextSet:
    """Shares of all, by the sha256 of the texts and each class alike; equal texts go the same way."""
    place = three_ways([text for text, _ in labelled], [label for _, label in labelled], valid=valid, test=test)
    parts = parted(labelled, place)
    return text_set(parts[0], parts[1], parts[2], told)


class PreparedTexts:
    """What the configs of prepared sets share: a run that was trained on one reads new texts from lines of a file."""

    gives: ClassVar[str] = "labelled texts"

    def load_new(self, path: Path, described: dict[str, Any]) -> TextSet:
        """A text on each line of a file. Raises ConfigError, DataError where there is none."""
        return new_lines(path, described["classes"])


def new_texts(labelled: Sequence[tuple[str, str | None]], classes: Sequence[str]) -> TextSet:
    """Texts that a run has not seen, as every split; a class that it does not know is no truth."""
    place = {label: number for number, label in enumerate(classes)}
    answers = np.array([UNKNOWN if label is None else place.get(label, UNKNOWN) for _, label in labelled], np.int32)
    part = Texts(tuple(text for text, _ in labelled), answers)
    return TextSet(part, part, part, tuple(classes))


def new_lines(path: Path, classes: Sequence[str], encoding: str = "utf-8") -> TextSet:
    """A text on each line of a file. Raises ConfigError where there is none, DataError where it is empty."""
    return new_texts([(text, None) for text in lines_of(path, encoding, "give a text on each line")], classes)
