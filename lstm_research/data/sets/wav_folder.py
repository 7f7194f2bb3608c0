"""Recordings of your own: a folder for each class, with wav files in it.

    sounds/cough/a1.wav  sounds/cough/a2.wav  sounds/sneeze/b7.wav ...

`data: {kind: wav_folder, path: sounds}`. Files are PCM, all of one sampling rate; channels are averaged. Splits are by
the sha256 of class and file name, the same share of every class; with `speaker_from` by that of the speaker, so that
nobody is in two of them.

References: features: `data/sound.py`; forms and faults of files: `data/wav.py`.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lstm_research.data import wav
from lstm_research.data.computed import computed
from lstm_research.data.labelled import LabelledSet
from lstm_research.data.paths import DataPaths
from lstm_research.data.sets._sound import Recording, new_sounds, recordings, sound_set
from lstm_research.data.sound import Features
from lstm_research.data.split import Share, check_shares, three_ways
from lstm_research.types import ConfigError, DataError


@dataclass(frozen=True, kw_only=True)
class Config(Features):
    """{kind: wav_folder, path: sounds}"""

    gives: ClassVar[str] = "labelled sequences"

    path: str
    """The folder of folders, from the current folder."""
    speaker_from: str | None = None
    """A regular expression that finds the speaker in a file's name, as its first group: `^([a-z]+)_` of `anna_12.wav`.
    """
    valid: Share = 0.1
    """Share of the recordings, or of the speakers, that is validation."""
    test: Share = 0.2
    """Share that is test."""

    def check(self) -> None:
        """Raises ValueError for fields that contradict each other, and for a pattern that is none."""
        super().check()
        check_shares(self.valid, self.test)
        if self.speaker_from is not None:
            try:
                groups = re.compile(self.speaker_from).groups
            except re.error as error:
                raise ValueError(f"speaker_from={self.speaker_from!r} is no regular expression: {error}") from None
            if not groups:
                raise ValueError(f"speaker_from={self.speaker_from!r} has no group: put the speaker in brackets")

    def load(self, paths: DataPaths) -> LabelledSet:
        """The recordings, split.

        Raises:
          ConfigError: no such folder.
          DataError: a fault of a file, or files of different sampling rates.
        """
        if not Path(self.path).is_dir():
            raise ConfigError(f"data.path: {self.path!r} is no folder, in {Path().absolute()}")
        found = recordings(Path(self.path))
        for one in found:
            if not one.label:
                raise DataError(f"{one.path}: lies beside the folders of classes; move it into that of its class")
        place = self._places(found)
        rate, digest = _examined(found)
        key = hashlib.sha256(f"{digest} {self.settings}".encode()).hexdigest()

        def features() -> Iterator[np.ndarray]:
            for one in found:
                yield self.of(wav.read(one.content, str(one.path)).mono(), rate)

        values = computed(paths, self.path, key, features)
        data = sound_set(found, values, place, self, rate, digest)
        counts = "{} train, {} valid, {} test".format(*np.bincount(place, minlength=3))
        return replace(
            data, told=f"{self.path}: {len(found):,} recordings of {len(data.classes)} classes at {rate:,} Hz: {counts}"
        )

    def load_new(self, path: Path, described: dict[str, Any]) -> LabelledSet:
        """A wav file, or those of a folder; folders in it that are named like classes tell the truth.

        Raises ConfigError where nothing is there, DataError: see `data.sets._sound`.
        """
        return new_sounds(recordings(path), self, described)

    def _places(self, found: list[Recording]) -> np.ndarray:
        if self.speaker_from is None:
            labels = [one.label for one in found]
            return three_ways([one.name for one in found], labels, valid=self.valid, test=self.test)
        speakers = []
        for one in found:
            match = re.search(self.speaker_from, one.path.stem)
            if match is None or not match[1]:
                raise DataError(f"{one.path}: data.speaker_from={self.speaker_from!r} finds no speaker in its name")
            speakers.append(match[1])
        return three_ways(speakers, valid=self.valid, test=self.test)


def _examined(found: list[Recording]) -> tuple[int, str]:
    """Sampling rate of all, and sha256 over their contents in order. Raises DataError."""
    whole, rate = hashlib.sha256(), 0
    for one in found:
        content = one.content
        own = wav.read(content, str(one.path)).rate
        rate = rate or own
        if own != rate:
            raise DataError(
                f"{one.path}: {own:,} Hz, and {rate:,} Hz in {found[0].path}; bring all to one rate, for example with "
                f"`sox {one.path.name} -r {rate} new.wav`"
            )
        whole.update(hashlib.sha256(content).digest())
    return rate, whole.hexdigest()
