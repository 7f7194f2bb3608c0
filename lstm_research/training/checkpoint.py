"""Checkpoints of a population: Orbax writes them, our own digests say whether they are what was written.

Orbax is atomic under SIGKILL, but a flipped bit in a data file restores without a word (docs/design.md). So every leaf
has a sha256, checked on load, and two checkpoints are kept: a damaged one is named and the one before it is used.
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from lstm_research.results import files
from lstm_research.training import hosts
from lstm_research.types import DataError, ResourceError

KEEP = 2
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Restored(NamedTuple):
    """What a checkpoint holds."""

    step: int
    state: Any
    """The structure that was asked for, with NumPy leaves."""
    host: dict[str, Any]
    """The JSON that was saved beside it."""


def save(folder: Path, step: int, state: Any, host: dict[str, Any]) -> None:
    """Write the next checkpoint, durable when this returns, and delete all but the last two.

    Their folders are numbered in the order of saving, not by step: a step may be saved twice (when asked to stop, and
    again after its evaluation), and a checkpoint is never written over, so that one is whole at every instant.

    Of several processes all call it, since Orbax waits for all of them; the first one writes.

    Args:
      step: updates done.
      state: a pytree of NumPy arrays, or of arrays that lie on this process's devices.
      host: a JSON object: the bookkeeping that goes with the state.

    Raises:
      ResourceError: the disk is full or refuses; the checkpoints before this one are untouched.
    """
    from orbax.checkpoint import v1 as ocp

    names, leaves = _named(jax.device_get(state))
    # Tensorstore compresses and copies as it writes, so twice the size is what is asked of the disk.
    need = 2 * sum(leaf.nbytes for leaf in leaves) + (1 << 20)
    text = json.dumps({**host, "step": step}, sort_keys=True)
    metadata = {
        "host": text,
        "host_digest": hashlib.sha256(text.encode()).hexdigest(),
        "digests": {name: _digest(leaf) for name, leaf in zip(names, leaves, strict=True)},
    }
    before = saved(folder)
    target = folder / f"{int(before[-1].name) + 1 if before else 0:010d}"
    try:
        if hosts.leads():
            folder.mkdir(parents=True, exist_ok=True)
            _clear_temporary(folder)
        if hosts.agreed(hosts.leads() and shutil.disk_usage(folder).free < need):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        ocp.save(target, {f"{i:05d}": leaf for i, leaf in enumerate(leaves)}, custom_metadata=metadata)
        if hosts.leads():
            _sync(target)
    except (OSError, ValueError) as error:  # tensorstore gives the system's error as the text of a ValueError
        if hosts.leads():
            _clear_temporary(folder)
        kept = f"the checkpoint before it, {before[-1].name}, is kept" if before else "there is none before it"
        if getattr(error, "errno", None) in _FULL or any(os.strerror(code) in str(error) for code in _FULL):
            raise ResourceError(
                f"{target}: the disk is full: a checkpoint needs {need / 2**20:.1f} MiB free; {kept}. "
                "Free space, or copy the runs to another disk and set LSTM_RESEARCH_RUNS to it, then resume"
            ) from error
        raise ResourceError(
            f"{target}: a checkpoint cannot be written ({_reason(error)}); {kept}. "
            "Make the folder writable, then resume"
        ) from error
    for old in saved(folder)[:-KEEP] if hosts.leads() else ():
        shutil.rmtree(old)


def saved(folder: Path) -> list[Path]:
    """The complete checkpoints in a folder, oldest first."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if path.name.isdecimal()), key=lambda path: int(path.name))


def load(folder: Path, like: Any, warn: Callable[[str], None]) -> Restored | None:
    """The newest checkpoint that is what was written; None where there is none at all.

    Args:
      like: the structure to restore into; its leaves need `shape` and `dtype` only.
      warn: told, in one line, of every damaged checkpoint that is passed over.

    Raises:
      DataError: there are checkpoints, and all are damaged.
    """
    present = saved(folder)
    for path in reversed(present):
        try:
            return _load_one(path, like)
        except DataError as error:
            warn(f"{error}; trying the one before it")
    if present:
        raise DataError(
            f"{folder}: all {len(present)} checkpoints are damaged; restore the folder from a copy, or start these "
            "runs again with `lstm-research runs clean` (`runs forget` where they had finished)"
        )
    return None


def _load_one(path: Path, like: Any) -> Restored:
    from orbax.checkpoint import v1 as ocp

    names, leaves = _named(like)
    try:
        metadata = ocp.metadata(path).custom_metadata or {}
        text, digests = metadata["host"], metadata["digests"]
        if hashlib.sha256(text.encode()).hexdigest() != metadata["host_digest"]:
            raise DataError(f"{path}: the bookkeeping is not what was written (sha256 differs)")
        if set(digests) != set(names):
            different = sorted(set(digests) ^ set(names))
            raise DataError(f"{path}: not a checkpoint of this program: {different[0]} is on one side only")
        loaded = ocp.load(path)
        arrays = [np.asarray(loaded[f"{i:05d}"]) for i in range(len(names))]
    except DataError:
        raise
    except Exception as error:  # Orbax and tensorstore raise many types for a damaged file
        raise DataError(f"{path}: cannot be read ({_reason(error)})") from error
    for name, array, leaf in zip(names, arrays, leaves, strict=True):
        if _digest(array) != digests[name]:
            raise DataError(f"{path}: {name} is not what was written (sha256 differs)")
        if array.shape != leaf.shape or array.dtype != leaf.dtype:
            raise DataError(f"{path}: {name} is {array.dtype}{array.shape}, expected {leaf.dtype}{leaf.shape}")
    host = json.loads(text)
    step = host.pop("step", int(path.name))  # before they were numbered in order, their names were the steps
    return Restored(step, jax.tree.unflatten(jax.tree.structure(like), arrays), host)


def _named(tree: Any) -> tuple[list[str], list[Any]]:
    pairs = jax.tree_util.tree_leaves_with_path(tree)
    return [jax.tree_util.keystr(path) for path, _ in pairs], [leaf for _, leaf in pairs]


def _digest(array: Any) -> str:
    array = np.ascontiguousarray(array)
    head = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.sha256(head + array.tobytes()).hexdigest()


def _clear_temporary(folder: Path) -> None:
    """Remove what a killed save left behind: the caller holds the lock, so nobody is writing it."""
    for path in folder.iterdir():
        if not path.name.isdecimal():
            shutil.rmtree(path, ignore_errors=True)


def _sync(target: Path) -> None:
    """Make a checkpoint and its name durable; Orbax syncs the arrays alone."""
    for root, _, names in os.walk(target):
        for name in names:
            with open(os.path.join(root, name), "rb") as file:
                os.fsync(file.fileno())
        files.sync_folder(Path(root))
    files.sync_folder(target.parent)


def _reason(error: Exception) -> str:
    """The first line of an error's text, not too long."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
