"""Where data are, and whether they are what was registered. Standard library only."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lstm_research.types import DataError

REGISTRY = Path(__file__).parent / "builders" / "checksums.tsv"
"""What every builder may read: URL, size in bytes, sha256, file name. TFDS finds this file by its name and place."""


@dataclass(frozen=True, kw_only=True)
class DataPaths:
    """Where a task may look for data."""

    data_dir: Path | None
    """Folder of raw files, only read: either flat or a folder per data set. None: nothing is at hand."""
    cache_dir: Path
    """Folder for downloads and prepared data."""
    offline: bool = False
    """Never download: what is not at hand is an error."""


class RawFile(NamedTuple):
    """A file as registered in `checksums.tsv`."""

    url: str
    size: int
    """Bytes."""
    sha256: str
    name: str


@cache
def registered() -> dict[str, RawFile]:
    """Every registered file, by its name."""
    rows = [line.split("\t") for line in REGISTRY.read_text(encoding="utf-8").splitlines() if line]
    return {name: RawFile(url, int(size), sha256, name) for url, size, sha256, name in rows}


def find_raw(paths: DataPaths, dataset: str, name: str) -> Path | None:
    """The registered file `name` in `paths.data_dir`, verified; None where there is none.

    It is looked for at data_dir/dataset/name, then at data_dir/name.

    Raises:
      DataError: the file is there but is not the registered one, or cannot be read.
    """
    for path in _candidates(paths, dataset, name):
        if path.is_file():
            verify(path, registered()[name])
            return path
    return None


def verify(path: Path, raw: RawFile) -> None:
    """Raises DataError unless the file's size and sha256 are the registered ones."""
    try:
        content = path.read_bytes() if path.stat().st_size == raw.size else None
        size = path.stat().st_size
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); make it readable or remove it") from error
    if content is None:
        raise DataError(
            f"{path}: {size} bytes, expected {raw.size}: truncated or another file; replace it by {raw.url}"
        )
    found = hashlib.sha256(content).hexdigest()
    if found != raw.sha256:
        raise DataError(f"{path}: sha256 {found}, expected {raw.sha256}: damaged; replace it by {raw.url}")


def missing(paths: DataPaths, dataset: str, name: str, why: str) -> DataError:
    """The error for a file neither at hand nor to be had: which, from where, how to know it, where to put it."""
    raw = registered()[name]
    if paths.data_dir is None:
        place = f"in a folder named by LSTM_RESEARCH_DATA or --data-dir, as {dataset}/{name}"
    else:
        place = f"at {paths.data_dir / dataset / name}"
    return DataError(f"{name} of {dataset}: {why}; put {raw.url} (sha256 {raw.sha256}) {place}")


def _candidates(paths: DataPaths, dataset: str, name: str) -> list[Path]:
    if paths.data_dir is None:
        return []
    return [paths.data_dir / dataset / name, paths.data_dir / name]
