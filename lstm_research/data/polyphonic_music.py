"""The four corpora of polyphonic music, in memory: `load`.

A file at hand or a download is verified, prepared once through TFDS (`builders/polyphonic_music.py`), and from then on
read from the cache, without a network and without the file. What is read must have the digest registered here, however
it came: a damaged cache is noticed.

Sizes (train / valid / test pieces and steps): JSB Chorales 229 / 76 / 77 and 13,807 / 4,602 / 4,725; Nottingham 694 /
173 / 170 and 176,561 / 45,513 / 44,463; MuseData 524 / 135 / 124 and 245,202 / 82,755 / 64,339; Piano-midi.de 87 / 12 /
25 and 75,911 / 8,540 / 19,036.
"""

import hashlib
import os
import socket
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from lstm_research.data.lock import held
from lstm_research.data.paths import DataPaths, find_raw, missing, registered
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
    raw = find_raw(paths, FOLDER, FILES[dataset])
    folder = paths.cache_dir / "datasets"
    with held(folder / f".{FOLDER}-{dataset}.lock"):
        splits = _prepared(dataset, paths, raw, folder)
    found = digest(splits)
    if found != DIGESTS[dataset]:
        raise DataError(
            f"{folder / FOLDER / dataset}: prepared data are damaged (digest {found[:12]}, expected "
            f"{DIGESTS[dataset][:12]}); remove the folder, and it is prepared again"
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


def _prepared(dataset: str, paths: DataPaths, raw: Path | None, folder: Path) -> dict[str, list[np.ndarray]]:
    """The rolls of each split from the cache, prepared first if need be. The caller holds the lock."""
    import tensorflow_datasets as tfds  # 1.3 s, and not needed to train on generated data

    from lstm_research.data.builders.polyphonic_music import PolyphonicMusic

    # TFDS announces itself on standard output, which belongs to tables here.
    with open(os.devnull, "w") as devnull, redirect_stdout(devnull):
        builder: Any = PolyphonicMusic(data_dir=folder, config=dataset, file_format="array_record")
        if not _is_complete(builder):
            _prepare(tfds, builder, dataset, paths, raw, folder)
        try:
            return {
                split: [np.asarray(example["roll"]) for example in builder.as_data_source(split=split)]
                for split in ("train", "valid", "test")
            }
        except Exception as error:
            raise DataError(
                f"{builder.data_dir}: prepared data cannot be read ({_first_line(error)}); remove the folder, and "
                "it is prepared again"
            ) from error


def _is_complete(builder: Any) -> bool:
    return (Path(builder.data_dir) / "dataset_info.json").is_file()


def _prepare(tfds: Any, builder: Any, dataset: str, paths: DataPaths, raw: Path | None, folder: Path) -> None:
    name = FILES[dataset]
    if raw is None and paths.offline:
        raise missing(paths, FOLDER, name, "not at hand, and downloads are switched off")
    if raw is None and not _reachable(registered()[name].url):
        raise missing(paths, FOLDER, name, "not at hand, and its host cannot be reached")
    tfds.disable_progress_bar()
    try:
        builder.download_and_prepare(
            download_dir=folder / "downloads",
            file_format="array_record",
            download_config=tfds.download.DownloadConfig(
                # A file of the registered name in this folder is verified and used instead of the network.
                manual_dir=None if raw is None else raw.parent,
                try_download_gcs=False,
                force_checksums_validation=True,
            ),
        )
    except DataError:
        raise
    except Exception as error:  # TFDS raises whatever its network, file and record libraries raise
        why = _first_line(error)
        if raw is None:
            raise missing(paths, FOLDER, name, f"download or preparation failed ({why})") from error
        raise DataError(
            f"{raw}: cannot be prepared in {folder} ({why}); free some space there, or name another folder with "
            "LSTM_RESEARCH_CACHE"
        ) from error


def _reachable(url: str) -> bool:
    """Whether the host of a URL is known here: without a network, TFDS would try again for minutes."""
    try:
        socket.getaddrinfo(urlsplit(url).hostname, 443)
    except OSError:
        return False
    return True


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]
