"""Cases with a class each as labelled sequences."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from lstm_research.data.labelled import Labelled, LabelledSet, Ragged
from lstm_research.data.mapped import appended
from lstm_research.data.prepared import Records
from lstm_research.data.ts import read
from lstm_research.types import DataError

UNKNOWN = -1
"""The answer of a new sequence whose class is not known."""


def examples(content: bytes, name: str, split: str) -> list[dict[str, Any]]:
    """The cases of a `.ts` or UCR file, named by their place in it, in the form in which they are prepared."""
    found = read(content, name)
    return [
        {"name": f"{split}/{place}", "values": values.ravel(), "channels": values.shape[1], "label": label}
        for place, (values, label) in enumerate(zip(*found, strict=True), 1)
    ]


def labelled_set(
    train: Sequence[dict[str, Any]], valid: Sequence[dict[str, Any]], test: Sequence[dict[str, Any]]
) -> LabelledSet:
    """The set of these examples. Raises DataError for a class of valid or test that train lacks."""
    told = [_told(split) for split in (train, valid, test)]
    classes = tuple(sorted(set(told[0].labels)))
    for split, one in (("valid", told[1]), ("test", told[2])):
        for name, label in zip(one.names, one.labels, strict=True):
            if label not in classes:
                raise DataError(f"{name} of {split}: class {label!r} is not in train")
    parts = [_labelled(one, classes) for one in told]
    width = told[0].values[0].shape[1]
    channels = ("value",) if width == 1 else tuple(f"channel {k}" for k in range(1, width + 1))
    gaps = any(np.isnan(values).any() for part in parts for values in part.values)
    return LabelledSet(parts[0], parts[1], parts[2], channels=channels, classes=classes, gaps=gaps)


def new_set(cases: list[Any], name: str, described: dict[str, Any]) -> LabelledSet:
    """New cases, for a run on the classes and channels of `described`. Raises DataError for other channels."""
    channels, classes = tuple(described["channels"]), tuple(described["classes"])
    width = int(cases[0]["channels"])
    if width != len(channels):
        raise DataError(f"{name}: {width} channels; the run was trained on {len(channels)}")
    part = _labelled(_told(cases), classes)
    gaps = any(np.isnan(values).any() for values in part.values)
    return LabelledSet(part, part, part, channels=channels, classes=classes, gaps=gaps)


class _Told(NamedTuple):
    """What cases say."""

    values: Sequence[np.ndarray]
    labels: list[str]
    names: list[str]


def _told(cases: Sequence[dict[str, Any]]) -> _Told:
    """Of cases that stay in their files the values are laid into another, in one pass over them."""
    labels: list[str] = []
    names: list[str] = []

    def values() -> Iterator[np.ndarray]:
        for case in cases:
            labels.append(case["label"])
            names.append(case["name"])
            yield case["values"].reshape(-1, int(case["channels"]))

    if not isinstance(cases, Records):
        return _Told(tuple(values()), labels, names)
    flat, length = appended(cases.folder, values())
    return _Told(Ragged(flat, np.cumsum(length) - length, length), labels, names)


def _labelled(told: _Told, classes: tuple[str, ...]) -> Labelled:
    place = {label: number for number, label in enumerate(classes)}
    answers = np.array([place.get(label, UNKNOWN) for label in told.labels], np.int32)
    return Labelled(told.values, answers, names=tuple(told.names))
