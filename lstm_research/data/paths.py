"""Where data may be looked for, and where what is made of them is kept. Standard library only."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class DataPaths:
    """Where a task may look for data."""

    data_dir: Path | None
    """Folder of raw files, only read: either flat or a folder per data set. None: nothing is at hand."""
    cache_dir: Path
    """Folder for downloads and prepared data."""
    offline: bool = False
    """Never download: what is not at hand is an error."""
    held: int | None = None
    """Bytes of a data set that are held in memory; what is larger lies in files of the cache folder. None: all are."""
