"""The four corpora of polyphonic music, in memory: `load`.

A file at hand or a download is verified, prepared once through TFDS (`builders/polyphonic_music.py`), and from then on
read from the cache, without a network and without the file. What is read must have the digest registered here, however
it came: a damaged cache is noticed.

Sizes (train / valid / test pieces and steps): JSB Chorales 229 / 76 / 77 and 13,807 / 4,602 / 4,725; Nottingham 694 /
173 / 170 and 176,561 / 45,513 / 44,463; MuseData 524 / 135 / 124 and 245,202 / 82,755 / 64,339; Piano-midi.de 87 / 12 /
25 and 75,911 / 8,540 / 19,036.
"""

import hashlib
from typing import NamedTuple

import numpy as np

from lstm_research.data import prepared
from lstm_research.data.paths import DataPaths
from lstm_research.types import DataError

FOLDER = "polyphonic_music"
FILES = {
    "jsb_chorales": "JSB_Chorales.mat",
    "nottingham": "Nottingham.mat",
    "musedata": "MuseData.mat",
    "piano_midi": "Piano_midi.mat",
}
DIGESTS = {
    "jsb_chorales": "a88f89512987b0168f479f79d660b2eab37bc516eed384163fc1a2c401122e95",
    "nottingham": "f2a0f36f9c1a6e20fa03279d772ccb8ea34bfe53b5fb466def15762a865a5ecd",
    "musedata": "193924507c2e68c07eab28b4904bd775ee1fa86a39353479e7c4efaa5050cc8e",
    "piano_midi": "875141b4fc2782c6a5d968c203473571c7a7165b95b9bbeb59903bbd895fb701",
}
"""sha256 of all rolls of a corpus, in order, as `digest` computes it."""


class Music(NamedTuple):
    """A corpus. Each piece is uint8[t 88], 1 where a key sounds; t >= 1."""

    train: list[np.ndarray]
    valid: list[np.ndarray]
    test: list[np.ndarray]
    digest: str


def load(dataset: str, paths: DataPaths) -> Music:
    """The corpus `dataset`, one of `FILES`.

    Raises:
      DataError: the raw file or the prepared data are damaged, or the file is not at hand and cannot be downloaded; the
        message names file, URL, checksum and folder.
    """
    examples = prepared.load(FOLDER, dataset, paths).splits
    splits = {split: [example["roll"] for example in of_split] for split, of_split in examples.items()}
    found = digest(splits)
    if found != DIGESTS[dataset]:
        raise DataError(
            f"{paths.cache_dir / 'datasets' / FOLDER / dataset}: prepared data are damaged (digest {found[:12]}, "
            f"expected {DIGESTS[dataset][:12]}); remove the folder, and it is prepared again"
        )
    return Music(splits["train"], splits["valid"], splits["test"], found)


def digest(splits: dict[str, list[np.ndarray]]) -> str:
    """sha256 over names of splits, shapes and contents of pieces, in order."""
    whole = hashlib.sha256()
    for split in ("train", "valid", "test"):
        whole.update(f"{split}:{len(splits[split])};".encode())
        for roll in splits[split]:
            whole.update(f"{roll.shape};".encode())
            whole.update(np.ascontiguousarray(roll).data)
    return whole.hexdigest()
