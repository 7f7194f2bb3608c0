"""Arrays in files: larger than memory, read where they are looked at."""

import mmap
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from lstm_research.types import DataError

PIECE = 2**23
"""Values that are worked on at once, at most; every data set published here is one piece."""


def release(arrays: Any) -> None:
    """Gives back the memory of what has been read of arrays in files. They stay as they are: reading reads again.

    Pages of a mapped file count as memory of the process until the system wants them; without this a pass over a file
    would hold all of it.
    """
    for array in _leaves(arrays):
        if (file := _file(array)) is not None:
            file.madvise(mmap.MADV_DONTNEED)


def in_file(array: Any) -> bool:
    """Whether an array, or what it is a view of, lies in a file."""
    return _file(array) is not None


def opened(path: Path, dtype: Any, rows: int) -> np.ndarray:
    """The array [n] that a file holds; it cannot be written to."""
    if not rows:
        return np.zeros(0, dtype)
    with path.open("rb") as file:
        return np.ndarray((rows,), dtype, _Map.of(file, path.parent, mmap.ACCESS_READ))


def scratch(folder: Path, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array in a file of `folder` without a name: it takes no memory, and is gone with the last who uses it.

    Raises DataError where the folder has no room for it.
    """
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if not size:
        return np.zeros(shape, dtype)
    with _written(folder), tempfile.TemporaryFile(dir=folder) as file:
        if hasattr(os, "posix_fallocate"):
            # Blocks are taken now: where there are none, writing to the map would kill the process.
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)
        return np.ndarray(shape, dtype, _Map.of(file, folder, mmap.ACCESS_WRITE))


def beside(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """An empty float32 array: in a file where `array` lies in one, next to it."""
    file = _file(array)
    return np.empty(shape, np.float32) if file is None else scratch(file.folder, shape, np.float32)


def appended(folder: Path, arrays: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(float32[n d], int64[s]): arrays [t d] end to end in a file as `scratch` makes it, and their lengths."""
    length, shape = [], (0, 0)
    with _written(folder), tempfile.TemporaryFile(dir=folder) as file:
        for array in arrays:
            length.append(len(array))
            shape = (shape[0] + len(array), *array.shape[1:])
            file.write(np.ascontiguousarray(array, np.float32).data)
        file.flush()
        flat = np.ndarray(shape, np.float32, _Map.of(file, folder, mmap.ACCESS_WRITE))
    return flat, np.array(length, np.int64)


def joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Arrays [n d] end to end: in a file where the first lies in one."""
    if len(arrays) == 1:
        return arrays[0]
    if not in_file(arrays[0]):
        return np.concatenate(arrays)
    whole = beside(arrays[0], (sum(map(len, arrays)), *arrays[0].shape[1:]))
    begin = 0
    for array in arrays:
        for piece in pieces(array, whole):
            whole[begin + piece.start : begin + piece.stop] = array[piece]
        begin += len(array)
    return whole


def pieces(array: np.ndarray, *others: np.ndarray) -> Iterator[slice]:
    """Slices of the first axis that cover an array, of `PIECE` values at most; after each, memory is given back."""
    rows = max(1, PIECE // max(1, int(np.prod(array.shape[1:]))))
    for begin in range(0, len(array), rows):
        yield slice(begin, min(begin + rows, len(array)))
        for one in (array, *others):
            release(one)


def stretches(array: np.ndarray, start: np.ndarray, steps: int) -> np.ndarray:
    """array[start[i] : start[i] + steps] for every i, [b steps ...]; anything where that is outside the array.

    Of a file that much is read, where looking through its map would read a page, and what the system puts around it,
    for each.
    """
    file = _file(array)
    if file is None or not array.flags.c_contiguous:
        return np.take(array, start[:, None] + np.arange(steps), axis=0, mode="clip")
    found = np.zeros((len(start), steps, *array.shape[1:]), array.dtype)
    step = array[:1].nbytes
    first = array.ctypes.data - np.frombuffer(file, np.uint8).ctypes.data
    for place, begin in zip(found.view(np.uint8).reshape(len(start), -1), start.tolist(), strict=True):
        before = max(0, -begin)
        size = (min(steps, len(array) - begin) - before) * step
        if size > 0:
            read = os.pread(file.descriptor, size, first + (begin + before) * step)
            place[before * step :][:size] = np.frombuffer(read, np.uint8)
    return found


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise DataError(
            f"{folder}: data that are larger than memory cannot be written there ({error.strerror}); free some space, "
            "or name another folder with LSTM_RESEARCH_CACHE"
        ) from error


class _Map(mmap.mmap):
    """A mapped file that knows where it is, and can be read as a file."""

    folder: Path
    descriptor: int

    @classmethod
    def of(cls, file: Any, folder: Path, access: int) -> "_Map":
        found = cls(file.fileno(), 0, access=access)
        found.folder, found.descriptor = folder, os.dup(file.fileno())
        weakref.finalize(found, os.close, found.descriptor)
        return found


def _file(array: Any) -> _Map | None:
    base = array
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, _Map) else None


def _leaves(arrays: Any) -> list[Any]:
    if isinstance(arrays, dict):
        return [leaf for one in arrays.values() for leaf in _leaves(one)]
    return [arrays]
