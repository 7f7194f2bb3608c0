"""Prepared cases as labelled sequences."""

from typing import Any

import numpy as np

from lstm_research.data.labelled import Labelled, LabelledSet
from lstm_research.types import DataError


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


def _labelled(examples: list[Any], classes: tuple[str, ...]) -> Labelled:
    return Labelled(
        tuple(example["values"].reshape(-1, int(example["channels"])) for example in examples),
        np.array([classes.index(example["label"]) for example in examples], np.int32),
        names=tuple(example["name"] for example in examples),
    )
