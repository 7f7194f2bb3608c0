"""Cases with a class each as labelled sequences."""

from typing import Any

import numpy as np

from lstm_research.data.labelled import Labelled, LabelledSet
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


def labelled_set(train: list[Any], valid: list[Any], test: list[Any]) -> LabelledSet:
    """The set of these examples. Raises DataError for a class of valid or test that train lacks."""
    classes = tuple(sorted({example["label"] for example in train}))
    for name, split in (("valid", valid), ("test", test)):
        for example in split:
            if example["label"] not in classes:
                raise DataError(f"{example['name']} of {name}: class {example['label']!r} is not in train")
    parts = [_labelled(split, classes) for split in (train, valid, test)]
    width = int(train[0]["channels"])
    channels = ("value",) if width == 1 else tuple(f"channel {k}" for k in range(1, width + 1))
    gaps = any(np.isnan(values).any() for part in parts for values in part.values)
    return LabelledSet(parts[0], parts[1], parts[2], channels=channels, classes=classes, gaps=gaps)


def new_set(cases: list[Any], name: str, described: dict[str, Any]) -> LabelledSet:
    """New cases, for a run on the classes and channels of `described`. Raises DataError for other channels."""
    channels, classes = tuple(described["channels"]), tuple(described["classes"])
    width = int(cases[0]["channels"])
    if width != len(channels):
        raise DataError(f"{name}: {width} channels; the run was trained on {len(channels)}")
    part = _labelled(cases, classes)
    gaps = any(np.isnan(values).any() for values in part.values)
    return LabelledSet(part, part, part, channels=channels, classes=classes, gaps=gaps)


def _labelled(cases: list[Any], classes: tuple[str, ...]) -> Labelled:
    place = {label: number for number, label in enumerate(classes)}
    return Labelled(
        tuple(case["values"].reshape(-1, int(case["channels"])) for case in cases),
        np.array([place.get(case["label"], UNKNOWN) for case in cases], np.int32),
        names=tuple(case["name"] for case in cases),
    )
