"""Answers of pure functions, kept in the cache folder: a table with nothing to run is printed without importing JAX.

A key holds all that the answer depends on, and every source file of this package, so that an answer is never stale.
Nothing here is a store: whatever is missing is computed again.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from lstm_research.config import paths
from lstm_research.results import files
from lstm_research.types import LabError


@cache
def source_digest() -> str:
    """sha256 over the names and contents of the package's source files."""
    root = Path(__file__).parents[1]
    whole = hashlib.sha256()
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.tsv")]):
        whole.update(f"{path.relative_to(root)}\0".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def remembered(key: Any, compute: Callable[[], Any], *, keep: Callable[[], bool] = lambda: True) -> Any:
    """`compute()`, or what it gave for the same key before. Both are JSON; a cache that cannot be used is done without.

    Args:
      keep: asked after computing, whether the answer may be kept.
    """
    text = json.dumps([source_digest(), key], sort_keys=True)
    path = paths.cache_dir() / "answers" / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return json.loads(path.read_bytes())["answer"]
    answer = compute()
    if keep():
        with contextlib.suppress(OSError, LabError):
            files.replace(path, json.dumps({"answer": answer}))
    return answer
