"""TFDS builder of Free Spoken Digits: six speakers say the digits 0 to 9, fifty times each.

3,000 recordings of 0.14 to 2.28 s, 8 kHz, 16 bits. Recordings 0 to 4 of every speaker and digit are test, as published,
the rest is train; validation and the split by speakers are chosen later, see `data/sets/fsdd.py`.

Reference: Jackson et al., Jakobovski/free-spoken-digit-dataset v1.0.8, 2018, doi:10.5281/zenodo.1342401.
"""

import re
from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.wav import read
from lstm_research.types import DataError

RATE = 8000
TESTED = 5
"""Recordings of a speaker and digit that are test, the first ones."""
NAME = re.compile(r"([0-9])_([a-z]+)_([0-9]+)")
"""Digit, speaker and number of a recording."""


class Fsdd(Builder):
    """Free Spoken Digit Dataset: 3,000 recordings of six speakers. CC BY-SA 4.0."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {"digits": ("recordings/",)}
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return {
            "name": tfds.features.Text(),
            "values": tfds.features.Tensor(shape=(None,), dtype=np.int16),
            "speaker": tfds.features.Text(),
            "digit": tfds.features.Text(),
        }

    def read(self, contents: dict[str, Content]) -> Splits:
        (files,) = contents.values()
        assert isinstance(files, dict)
        found: dict[str, list[dict[str, Any]]] = {"train": [], "test": []}
        for digit, speaker, number, file in sorted(_told(file) for file in files):
            wav = read(files[file], file)
            if (wav.samples.shape[1], wav.bits, wav.rate) != (1, 16, RATE):
                raise DataError(f"FSDD: {file} is not one channel of 16 bits at {RATE:,} Hz")
            found["test" if number < TESTED else "train"].append(
                {"name": file.removesuffix(".wav"), "values": wav.samples[:, 0], "speaker": speaker, "digit": digit}
            )
        return found


def _told(file: str) -> tuple[str, str, int, str]:
    match = NAME.fullmatch(file.removesuffix(".wav"))
    if match is None:
        raise DataError(f"FSDD: {file} is not named DIGIT_SPEAKER_NUMBER.wav")
    digit, speaker, number = match.groups()
    return digit, speaker, int(number), file
