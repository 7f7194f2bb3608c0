"""Sequences with an answer each, in memory: what classification and regression are given."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lstm_research.data.mapped import PIECE, release


class Ragged(Sequence[np.ndarray]):
    """Sequences as parts of one array [n ...], which may lie in a file; going through them holds none in memory."""

    def __init__(self, flat: np.ndarray, start: np.ndarray, length: np.ndarray):
        self.flat, self.start, self.length = flat, start, length

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, place: Any) -> Any:
        begin = self.start[place]
        return self.flat[begin : begin + self.length[place]]

    def __iter__(self) -> Iterator[np.ndarray]:
        read = 0
        for place in range(len(self)):
            yield self[place]
            read += int(self.length[place]) * int(np.prod(self.flat.shape[1:]))
            if read > PIECE:
                release(self.flat)
                read = 0
        release(self.flat)

    def chosen(self, places: np.ndarray) -> "Ragged":
        """Some of them."""
        return Ragged(self.flat, self.start[places], self.length[places])


@dataclass(frozen=True)
class Labelled:
    """Sequences of one split; n of them."""

    values: Sequence[np.ndarray]
    """float32[t k] each, t >= 1. NaN where nothing was measured, in data that say `gaps`."""
    answers: np.ndarray
    """int32[n], index into `classes`; or float32[n], where there are no classes."""
    times: Sequence[np.ndarray] | None = None
    """float32[t] each, ascending, in the unit the data set says; None where steps are at equal distances."""
    static: np.ndarray | None = None
    """float32[n s]: what is true of a whole sequence, NaN where it is not known."""
    names: tuple[str, ...] = ()
    """What each is called, such as the engine it is of; () where they have no names."""
    per_step: Sequence[np.ndarray] | None = None
    """float32[t] each: an answer for every step, where there is one; the last is that of the sequence."""


@dataclass(frozen=True)
class LabelledSet:
    """Sequences with the same channels, split."""

    train: Labelled
    valid: Labelled
    test: Labelled
    channels: tuple[str, ...]
    """Names of the k channels."""
    classes: tuple[str, ...] = ()
    """Names of the classes, sorted; () where the answers are numbers."""
    gaps: bool = False
    """Whether values may be NaN."""
    static: tuple[str, ...] = ()
    """Names of the static columns."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else `load_new` of these data asks of a run: plain data, such as the sampling rate."""
    told: str = field(default="", compare=False)
    """What was found out of files of the user's own, in one line."""
    computed_from: str = ""
    """Digest of what the values were computed from, and of how; "" where they are as they were published. Logarithms
    differ in their last bits from machine to machine, and a run is to have the same id on all of them."""
    digest: str = field(init=False, compare=False)
    """sha256 of all of it; of `computed_from` in place of values."""

    def __post_init__(self) -> None:
        splits = (self.train, self.valid, self.test)
        object.__setattr__(self, "digest", _digest(splits, self.channels, self.classes, self.computed_from))

    @property
    def described(self) -> dict[str, Any]:
        """What `load_new` is told of the data of a run, as plain data."""
        names = {"channels": list(self.channels), "static": list(self.static), "classes": list(self.classes)}
        return {**names, **self.facts}


def _digest(
    splits: tuple[Labelled, ...], channels: tuple[str, ...], classes: tuple[str, ...], computed_from: str
) -> str:
    """sha256 over names, shapes and contents, in order."""
    whole = hashlib.sha256(repr((channels, classes)).encode())
    whole.update(computed_from.encode())
    for split in splits:
        whole.update(repr((len(split.values), split.names)).encode())
        nothing = [None] * len(split.values)
        every = zip(split.values, split.times or nothing, split.per_step or nothing, strict=True)
        for each in () if computed_from else every:
            whole.update(repr(each[0].shape).encode())
            for array in each:
                if array is not None:
                    whole.update(np.ascontiguousarray(array).data)
        for array in (split.answers, split.static):
            whole.update(b"-" if array is None else np.ascontiguousarray(array).data)
    return whole.hexdigest()
