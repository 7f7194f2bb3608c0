"""Several processes, on one host or on several, that train one population together: `jax.distributed`.

All run the same program on the same arguments, each on its own devices, and come to the same decisions from the same
numbers; what is done once, writing files, the first of them does. A process alone passes through here unchanged.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from lstm_research.results.lock import population_lock
from lstm_research.types import LockedError, ResourceError


def join(coordinator: str, processes: int, process: int) -> None:
    """Become one of several processes; before anything touches a device. Waits until all are there.

    Args:
      coordinator: HOST:PORT of the first one.
      processes: how many there are.
      process: which of them this is, from 0.

    Raises ResourceError where they do not come together.
    """
    try:
        jax.distributed.initialize(coordinator, processes, process)
    except (RuntimeError, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise ResourceError(
            f"{processes} processes around {coordinator} did not come together ({reason}); start each with its own "
            "--process, and with a --coordinator that all can reach"
        ) from error


def several() -> bool:
    """Whether this is one of several. (Asking JAX how many there are would make its devices, too early for some.)"""
    return jax.distributed.is_initialized()


def leads() -> bool:
    """Whether this is the process that writes: the first, or the only one."""
    return not several() or jax.process_index() == 0


def fetch(tree: Any) -> Any:
    """Arrays that lie on the devices of all processes, as NumPy arrays in each."""
    if not several():
        return jax.device_get(tree)
    from jax.experimental import multihost_utils

    return multihost_utils.process_allgather(tree, tiled=True)


def agreed(flag: bool) -> bool:
    """Whether any process says so: all do the same then. All wait here for each other."""
    if not several():
        return flag
    from jax.experimental import multihost_utils

    return bool(multihost_utils.process_allgather(np.array(flag)).any())


def same(plan: Sequence[str]) -> bool:
    """Whether all processes have the same plan. All wait here for each other."""
    if not several():
        return True
    from jax.experimental import multihost_utils

    digest = np.frombuffer(hashlib.sha256("\n".join(plan).encode()).digest(), np.uint8)
    each = multihost_utils.process_allgather(digest)
    return bool((each == each[0]).all())


@contextlib.contextmanager
def together(folder: Path, **how: Any) -> Iterator[None]:
    """Hold the lock of a population in the body, the first process for all. At its end all wait for each other, so that
    what the first has written is there for all. Raises LockedError in all of them.
    """
    with contextlib.ExitStack() as held:
        refused = None
        if leads():
            try:
                held.enter_context(population_lock(folder, **how))
            except LockedError as error:
                refused = error
        if agreed(refused is not None):
            raise refused or LockedError(f"{folder}: held by another process, as the first of these found")
        yield
        agreed(False)
