"""One lock per population folder. The kernel drops it when its holder dies, so a killed run never blocks the next.

On a file system that several machines mount, the kernel of the dead process tells the server, and where the machine
died with it, the server drops the lock itself, after a time of its own. No clock, heartbeat or process id decides here.
"""

import contextlib
import fcntl
import json
import os
import shlex
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from lstm_research.types import LockedError, ResourceError

LOCK = "population.lock"
WRITE_LOCK = "write.lock"


@dataclass(frozen=True)
class Holder:
    """Who holds a population, as it said itself; fields are None where it could not be read."""

    pid: int | None = None
    host: str | None = None
    command: str | None = None
    started: str | None = None

    def __str__(self) -> str:
        if self.pid is None:
            return "another process"
        return f"process {self.pid} on {self.host} ({self.command}, since {self.started})"


@contextlib.contextmanager
def population_lock(folder: Path, *, wait_seconds: float = 0.0, poll_seconds: float = 0.5) -> Iterator[None]:
    """Hold `folder` for the body; made if it is not there. Not reentrant, also within one process.

    Raises LockedError naming the holder if the lock is not free within `wait_seconds` (inf: wait for ever).
    """
    deadline = time.monotonic() + wait_seconds
    while (descriptor := _try(folder)) is None:
        if time.monotonic() >= deadline:
            raise LockedError(f"{folder}: held by {_read(folder / LOCK)}; wait for it or stop it")
        time.sleep(poll_seconds)
    try:
        me = Holder(
            os.getpid(), socket.gethostname(), shlex.join(sys.argv)[:300], datetime.now(UTC).isoformat("T", "seconds")
        )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(me)).encode(), 0)
        yield
    finally:
        # The file stays: removing it would let a waiting process lock a name that is no longer there.
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
        os.close(descriptor)


def holder(folder: Path) -> Holder | None:
    """Who holds `folder` now; None if it is free."""
    if not (folder / LOCK).exists():
        return None
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    try:
        _flock(descriptor, folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(folder / LOCK)
    else:
        return None
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def write_lock(folder: Path) -> Iterator[None]:
    """Wait for, then hold, the right to append to or rewrite the small files of `folder`: for moments only."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / WRITE_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _flock(descriptor, folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _try(folder: Path) -> int | None:
    """An open, locked descriptor, or None. `flock`, not `lockf`: the latter is lost when any descriptor is closed."""
    path = folder / LOCK
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _flock(descriptor, folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A client of NFS looks anew at a folder that is opened: what the last holder wrote is to be seen.
        os.close(os.open(folder, os.O_RDONLY | os.O_CLOEXEC))
        # `forget` may have removed the folder between open and lock: then this is a lock on nothing.
        if os.path.samestat(os.fstat(descriptor), os.stat(path)):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except ResourceError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _flock(descriptor: int, folder: Path, how: int) -> None:
    """Raises BlockingIOError where it is held, ResourceError where there are no locks."""
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        raise
    except OSError as error:
        raise ResourceError(
            f"{folder}: the file system gives no lock ({error.strerror or error}); mount it with locks "
            "(docs/clusters.md), or set LSTM_RESEARCH_RUNS to another"
        ) from error


def _read(path: Path) -> Holder:
    try:
        values = json.loads(path.read_text())
        return Holder(**values)
    except (OSError, ValueError, TypeError):
        return Holder()
