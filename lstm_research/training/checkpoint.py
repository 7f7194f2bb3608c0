"""Checkpoints of a population: Orbax writes them, our own digests say whether they are what was written.

Orbax is atomic under SIGKILL, but a flipped bit in a data file restores without a word (docs/design.md). So every leaf
has a sha256, checked on load, and two checkpoints are kept: a damaged one is named and the one before it is used.
"""

import errno
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from lstm_research.types import DataError, ResourceError

KEEP = 2


class Restored(NamedTuple):
    """What a checkpoint holds."""

    step: int
    state: Any
    """The structure that was asked for, with NumPy leaves."""
    host: dict[str, Any]
    """The JSON that was saved beside it."""


def save(folder: Path, step: int, state: Any, host: dict[str, Any]) -> None:
    """Write `folder/<step>`, durable when this returns, and delete all but the last two.

    Args:
      state: a pytree of arrays.
      host: a JSON object: the bookkeeping that goes with the state.

    Raises:
      ResourceError: the disk is full; the checkpoints before this one are untouched.
    """
    from orbax.checkpoint import v1 as ocp

    names, leaves = _named(jax.device_get(state))
    need = sum(leaf.nbytes for leaf in leaves)
    text = json.dumps(host, sort_keys=True)
    metadata = {
        "host": text,
        "host_digest": hashlib.sha256(text.encode()).hexdigest(),
        "digests": {name: _digest(leaf) for name, leaf in zip(names, leaves, strict=True)},
    }
    target = folder / f"{step:010d}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        if free < 2 * need + (1 << 20):
            raise OSError(errno.ENOSPC, "no space left")
        _clear_temporary(folder)
        ocp.save(target, {f"{i:05d}": leaf for i, leaf in enumerate(leaves)}, overwrite=True, custom_metadata=metadata)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise ResourceError(
            f"{target}: no room for a checkpoint of {need / 2**20:.1f} MiB; the one before it is kept. "
            "Free space, or set LSTM_RESEARCH_RUNS to another disk and copy the folder there, then resume"
        ) from error
    for old in steps(folder)[:-KEEP]:
        shutil.rmtree(folder / f"{old:010d}")


def steps(folder: Path) -> list[int]:
    """Steps of the complete checkpoints in a folder, in order."""
    if not folder.is_dir():
        return []
    return sorted(int(path.name) for path in folder.iterdir() if path.name.isdigit())


def load(folder: Path, like: Any, warn: Callable[[str], None]) -> Restored | None:
    """The newest checkpoint that is what was written; None where there is none at all.

    Args:
      like: the structure to restore into; its leaves need `shape` and `dtype` only.
      warn: told, in one line, of every damaged checkpoint that is passed over.

    Raises:
      DataError: there are checkpoints, and all are damaged.
    """
    present = steps(folder)
    for step in reversed(present):
        path = folder / f"{step:010d}"
        try:
            return Restored(step, *_load_one(path, like))
        except DataError as error:
            warn(f"{error}; trying the one before it")
    if present:
        raise DataError(
            f"{folder}: all {len(present)} checkpoints are damaged; restore the folder from a copy, or start these runs "
            "again with `lstm-research runs forget`"
        )
    return None


def _load_one(path: Path, like: Any) -> tuple[Any, dict[str, Any]]:
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
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise DataError(f"{path}: cannot be read ({reason})") from error
    for name, array, leaf in zip(names, arrays, leaves, strict=True):
        if _digest(array) != digests[name]:
            raise DataError(f"{path}: {name} is not what was written (sha256 differs)")
        if array.shape != leaf.shape or array.dtype != leaf.dtype:
            raise DataError(f"{path}: {name} is {array.dtype}{array.shape}, expected {leaf.dtype}{leaf.shape}")
    return jax.tree.unflatten(jax.tree.structure(like), arrays), json.loads(text)


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
        if not path.name.isdigit():
            shutil.rmtree(path, ignore_errors=True)
