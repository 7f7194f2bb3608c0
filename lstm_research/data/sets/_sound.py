"""Recordings with a class each as labelled sequences of their features."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lstm_research.data import wav
from lstm_research.data.labelled import Labelled, LabelledSet, Ragged
from lstm_research.data.sets._cases import UNKNOWN
from lstm_research.data.sound import Features, resampled
from lstm_research.data.split import SPLITS, parted
from lstm_research.types import ConfigError, DataError


class Recording(NamedTuple):
    """A wav file, or what is told of one."""

    name: str
    label: str
    """Its class; "" where it is not known."""
    path: Path = Path()

    @property
    def content(self) -> bytes:
        """Its bytes. Raises DataError."""
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise DataError(f"{self.path}: cannot be read ({error.strerror}); make it readable or remove it") from error


def recordings(path: Path) -> list[Recording]:
    """The wav file, or the wav files of a folder and of the folders in it, whose names are their classes.

    What begins with a dot is passed over.

    Raises:
      ConfigError: nothing is there.
      DataError: a file has another ending than .wav, or there is none.
    """
    if path.is_file():
        return [Recording(path.name, "", path)]
    if not path.is_dir():
        raise ConfigError(f"{path}: no such file or folder, in {Path().absolute()}")
    found = []
    for file in sorted(path.glob("*")) + sorted(path.glob("*/*")):
        own = file.relative_to(path).parts
        if any(part.startswith(".") for part in own) or (file.is_dir() and len(own) == 1):
            continue
        if file.suffix.lower() != ".wav" or not file.is_file():
            raise DataError(f"{file}: is no wav file; convert it to PCM wav, or move it elsewhere")
        found.append(Recording("/".join(own), own[0] if len(own) > 1 else "", file))
    if not found:
        raise DataError(f"{path}: holds no wav file")
    return found


def sound_set(
    told: Sequence[Recording], values: Ragged, place: np.ndarray, features: Features, rate: int, source: str
) -> LabelledSet:
    """The set of these recordings.

    Args:
      values: their features, in the same order.
      place: int[n], 0 train, 1 valid, 2 test.
      rate: samples in a second.
      source: digest of the recordings.

    Raises DataError for a split without recordings, or one with a class that train lacks.
    """
    split = parted(told, place, f"{len(told)} recordings")
    classes = tuple(sorted({one.label for one in split[0]}))
    for one, at in zip(told, place, strict=True):
        if one.label not in classes:
            raise DataError(f"{one.name} of {SPLITS[at]}: class {one.label!r} is not in train")
    parts = [_labelled(own, values.chosen(np.flatnonzero(place == k)), classes) for k, own in enumerate(split)]
    return LabelledSet(
        parts[0], parts[1], parts[2], channels=features.channels, classes=classes, facts={"rate": rate},
        computed_from=f"{source} {features.settings}",
    )  # fmt: skip


def new_sounds(told: Sequence[Recording], features: Features, described: dict[str, Any]) -> LabelledSet:
    """New recordings, for a run on the classes and the sampling rate of `described`; others are resampled.

    Raises DataError: see `data.wav.read`.
    """
    to, found, others = described["rate"], [], []
    for one in told:
        read = wav.read(one.content, str(one.path))
        if read.rate != to:
            others.append(read.rate)
        found.append(features.of(resampled(read.mono(), read.rate, to), to))
    part = _labelled(told, found, tuple(described["classes"]))
    rates = ", ".join(f"{rate:,}" for rate in sorted(set(others)))
    return LabelledSet(
        part, part, part, channels=features.channels, classes=tuple(described["classes"]), facts={"rate": to},
        told=f"{len(others)} of {len(told)} recordings resampled from {rates} to {to:,} Hz" if others else "",
    )  # fmt: skip


def _labelled(told: Sequence[Recording], values: Sequence[np.ndarray], classes: tuple[str, ...]) -> Labelled:
    number = {label: k for k, label in enumerate(classes)}
    answers = np.array([number.get(one.label, UNKNOWN) for one in told], np.int32)
    return Labelled(values, answers, names=tuple(one.name for one in told))
