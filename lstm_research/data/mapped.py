"""Arrays in files, read where they are looked at."""

import mmap
from typing import Any

import numpy as np


def release(arrays: Any) -> None:
    """Gives back the memory of what has been read of arrays in files. They stay as they are: reading reads again.

    Pages of a mapped file count as memory of the process until the system wants them; without this a pass over a file
    would hold all of it.
    """
    for array in _leaves(arrays):
        base = array
        while isinstance(base, np.ndarray):
            base = base.base
        if isinstance(base, mmap.mmap):
            base.madvise(mmap.MADV_DONTNEED)


def _leaves(arrays: Any) -> list[Any]:
    if isinstance(arrays, dict):
        return [leaf for one in arrays.values() for leaf in _leaves(one)]
    return [arrays]
