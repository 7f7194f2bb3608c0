"""Sequences that were computed of data: once, and from then on read from the cache folder, under a key that holds all
that they depend on. They have a digest of their own: damage is noticed.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from lstm_research.data.labelled import Ragged
from lstm_research.data.lock import held
from lstm_research.data.mapped import opened
from lstm_research.data.paths import DataPaths
from lstm_research.types import DataError


def computed(paths: DataPaths, what: str, key: str, make: Callable[[], Iterable[np.ndarray]]) -> Ragged:
    """Sequences float32[t d], in memory, or in their file where they are larger than `paths.held`.

    Args:
      what: name of the data, for errors.
      key: hexadecimal digest of all that they depend on.
      make: computes them, in order.

    Raises:
      DataError: what is in the cache is damaged, or there is no room for it.
    """
    home = paths.cache_dir / "computed"
    folder, made = home / key[:32], home / f".{key[:32]}.part"
    with held(home / f".{key[:32]}.lock"):
        if not (folder / "told.json").is_file():
            for old in (folder, made):
                shutil.rmtree(old, ignore_errors=True)
            try:
                made.mkdir(parents=True)
                _write(made, make())
                made.rename(folder)
            except OSError as error:
                raise DataError(
                    f"{home}: what is computed of {what} cannot be kept there ({error.strerror}); free some space, or "
                    "name another folder with LSTM_RESEARCH_CACHE"
                ) from error
            finally:
                shutil.rmtree(made, ignore_errors=True)
    try:
        return _read(folder, paths.held)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{folder}: what was computed of {what} is damaged; remove the folder, and it is computed again"
        ) from error


def _write(folder: Path, sequences: Iterable[np.ndarray]) -> None:
    digest, length, width = hashlib.sha256(), [], 0
    with (folder / "values").open("wb") as file:
        for one in sequences:
            data = np.ascontiguousarray(one, np.float32).data
            file.write(data)
            digest.update(data)
            length.append(len(one))
            width = one.shape[1]
    told = {"length": length, "width": width, "sha256": digest.hexdigest()}
    (folder / "told.json").write_text(json.dumps(told))


def _read(folder: Path, most: int | None) -> Ragged:
    """Raises ValueError for a digest that is not the one that was written."""
    told = json.loads((folder / "told.json").read_bytes())
    with (folder / "values").open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != told["sha256"]:
            raise ValueError(told["sha256"])
    length = np.array(told["length"], np.int64)
    number = int(length.sum()) * told["width"]
    in_memory = most is None or number * 4 <= most
    flat = np.fromfile(folder / "values", np.float32) if in_memory else opened(folder / "values", np.float32, number)
    return Ragged(flat.reshape(-1, told["width"]), np.cumsum(length) - length, length)
