"""Free Spoken Digits: which digit is it? 3,000 recordings of six speakers, 8 kHz, as log-mel energies or cepstra.

`official`: recordings 0 to 4 of every speaker and digit are test; of the rest a tenth of each digit, by the sha256 of
the recording's name, is validation: 2,430, 270 and 300, all six speakers in each. `speakers`: nobody is in two of them:
two speakers are test (george, theo), one is validation (lucas) and three are train, in the order of the sha256 of their
names: 1,500, 500 and 1,000.

References: Jackson et al. 2018; files and facts: `data/builders/fsdd.py`; features: `data/sound.py`.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from lstm_research.data.computed import computed
from lstm_research.data.labelled import LabelledSet
from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.sets._sound import Recording, new_sounds, recordings, sound_set
from lstm_research.data.sound import Features
from lstm_research.data.split import SPLITS, held_out

SPEAKERS = {"george": "test", "theo": "test", "lucas": "valid", "nicolas": "train", "yweweler": "train",
            "jackson": "train"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Config(Features):
    """{kind: fsdd}"""

    gives: ClassVar[str] = "labelled sequences"

    split: Literal["official", "speakers"] = "official"
    """`official`: the same speakers in train and test; `speakers`: others."""

    def load(self, paths: DataPaths) -> LabelledSet:
        """Raises DataError: see `data.prepared.load` and `data.computed.computed`."""
        from lstm_research.data.builders.fsdd import RATE

        prepared = load("fsdd", "digits", paths, paths.held)
        train, test = prepared.splits["train"], prepared.splits["test"]
        told, speakers = [], []
        for example in (*train, *test):
            told.append(Recording(example["name"], example["digit"]))
            speakers.append(example["speaker"])
        key = hashlib.sha256(f"{prepared.digest} {self.settings}".encode()).hexdigest()
        values = computed(
            paths,
            "fsdd",
            key,
            lambda: (self.of(one["values"] / 2.0**15, RATE) for part in (train, test) for one in part),
        )
        place = np.array([SPLITS.index(SPEAKERS[speaker]) for speaker in speakers])
        if self.split == "official":
            out = held_out([one.name for one in told[: len(train)]], [one.label for one in told[: len(train)]])
            place = np.concatenate([np.where(out, 1, 0), np.full(len(test), 2)])
        return sound_set(told, values, place, self, RATE, prepared.digest)

    def load_new(self, path: Path, described: dict[str, Any]) -> LabelledSet:
        """A wav file, or those of a folder; names such as `7_anna_0.wav`, or folders, tell the digit.

        Raises ConfigError where nothing is there, DataError: see `data.sets._sound`.
        """
        from lstm_research.data.builders.fsdd import NAME

        told = []
        for one in recordings(path):
            named = NAME.fullmatch(one.path.stem)
            told.append(one._replace(label=named[1]) if named else one)
        return new_sounds(told, self, described)
