"""Sequences with an answer each, in memory: what classification and regression are given."""

import hashlib
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Labelled:
    """Sequences of one split; n of them."""

    values: tuple[np.ndarray, ...]
    """float32[t k] each, t >= 1. NaN where nothing was measured, in data that say `gaps`."""
    answers: np.ndarray
    """int32[n], index into `classes`; or float32[n], where there are no classes."""
    times: tuple[np.ndarray, ...] | None = None
    """float32[t] each, ascending, in the unit the data set says; None where steps are at equal distances."""
    static: np.ndarray | None = None
    """float32[n s]: what is true of a whole sequence, NaN where it is not known."""
    names: tuple[str, ...] = ()
    """What each is called, such as the engine it is of; () where they have no names."""
    per_step: tuple[np.ndarray, ...] | None = None
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
    digest: str = field(init=False, compare=False)
    """sha256 of all of it."""

    def __post_init__(self) -> None:
        digest = _digest((self.train, self.valid, self.test), self.channels, self.classes)
        object.__setattr__(self, "digest", digest)


def _digest(splits: tuple[Labelled, ...], channels: tuple[str, ...], classes: tuple[str, ...]) -> str:
    """sha256 over names, shapes and contents, in order."""
    whole = hashlib.sha256(repr((channels, classes)).encode())
    for split in splits:
        whole.update(repr((len(split.values), split.names)).encode())
        for place, values in enumerate(split.values):
            whole.update(repr(values.shape).encode())
            whole.update(np.ascontiguousarray(values).data)
            for more in (split.times, split.per_step):
                if more is not None:
                    whole.update(np.ascontiguousarray(more[place]).data)
        for array in (split.answers, split.static):
            whole.update(b"-" if array is None else np.ascontiguousarray(array).data)
    return whole.hexdigest()
