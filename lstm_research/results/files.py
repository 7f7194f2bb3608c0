"""Files that survive a kill: whole or absent when replaced, and read up to the last whole line when appended to."""

import contextlib
import errno
import os
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from lstm_research.types import DataError, LabError, ResourceError

_FULL = (errno.ENOSPC, errno.EDQUOT)


def replace(path: Path, text: str) -> None:
    """Write `text` so that `path` holds either all of it or what it held before: temporary file, fsync, rename, fsync.

    Raises ResourceError if the disk is full; the old content is then untouched.
    """
    data = text.encode()
    with _disk(path, len(data)):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def append(path: Path, lines: Iterable[str], *, durable: bool = True) -> None:
    """Append whole lines in one write, first cutting off what a killed writer left of its last one.

    The caller holds a lock on the file's folder. `durable`: fsync before returning.
    """
    data = "".join(line + "\n" for line in lines).encode()
    with _disk(path, len(data)):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a+b") as file:
            end = file.seek(0, os.SEEK_END)
            whole = _end_of_last_line(file, end)
            if whole != end:
                file.truncate(whole)
            try:
                file.write(data)
                file.flush()
            except OSError:
                os.ftruncate(file.fileno(), whole)
                raise
            if durable:
                os.fsync(file.fileno())


def lines(path: Path, *, torn: bool) -> Iterator[tuple[int, str]]:
    """(line number, line) for each whole line. A file that is not there has none.

    `torn`: the file is appended to, so that a last line without its newline is what a killed writer left: ignored with
    a warning. Otherwise the file was written whole and such a line raises DataError.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    *whole, rest = data.split(b"\n")
    if rest and torn:
        warnings.warn(f"{path}:{len(whole) + 1}: ignored a torn last line (its writer was killed)", stacklevel=2)
    elif rest:
        raise DataError(f"{path}:{len(whole) + 1}: the file is cut short; remove it and run the population again")
    for number, line in enumerate(whole, start=1):
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise DataError(f"{path}:{number}: the line is not UTF-8 text: the file is damaged") from None
        if text.strip():
            yield number, text


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _end_of_last_line(file, end: int) -> int:  # type: ignore[no-untyped-def]
    """Offset just after the last newline, searched backwards in blocks."""
    block = 4096
    start = end
    while start > 0:
        start = max(0, start - block)
        file.seek(start)
        found = file.read(min(block, end - start)).rfind(b"\n")
        if found >= 0:
            return int(start + found + 1)
    return 0


@contextlib.contextmanager
def _disk(path: Path, size: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise ResourceError(
                f"{path}: the disk is full ({size} bytes needed); free some space, or set LSTM_RESEARCH_RUNS"
            ) from error
        raise LabError(f"{path}: cannot be written ({error.strerror or error})") from error
