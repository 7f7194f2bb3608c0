"""The name of a run: a hash of what it computes, not of how, where or under which file name."""

import dataclasses
import hashlib
import inspect
import json
from pathlib import Path
from typing import Any

from lstm_research.config.describe import default_of
from lstm_research.config.fields import hints, kind_name, kind_of

RESULTS_EPOCH = 1
"""Raised whenever a default, or any number that a run computes, changes: old runs then no longer count as done."""


def run_id(config: Any, seed: int, data_digest: str) -> str:
    """12 hexadecimal digits, the same for the same semantic config, seed and data on every machine."""
    text = canonical({"config": difference(config), "data": data_digest, "seed": seed, "epoch": RESULTS_EPOCH})
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def difference(config: Any) -> dict[str, Any]:
    """The semantic fields that differ from their defaults, nested as in a file; fields without a default always count.

    {"model": {"cell": {"kind": "lstm", "hidden": 36}}, "task": {...}, ...}
    """
    found: dict[str, Any] = {}
    annotations = hints(type(config))
    for field in dataclasses.fields(config):
        if not field.metadata.get("semantic", True):
            continue
        value = getattr(config, field.name)
        if value == default_of(field):
            continue
        if kind_of(annotations[field.name]) and dataclasses.is_dataclass(value):
            found[field.name] = {"kind": kind_name(value), **_code(value), **difference(value)}
        elif dataclasses.is_dataclass(value):
            inner = difference(value)
            if inner or default_of(field) is dataclasses.MISSING:
                found[field.name] = inner
        else:
            found[field.name] = value
    return found


def _code(config: Any) -> dict[str, Any]:
    """Digest of the file of a kind of the user's own: after an edit, its runs are other runs.

    Ours are covered by RESULTS_EPOCH. What the file imports is not looked at.
    """
    file = inspect.getsourcefile(type(config)) if "." in kind_name(config) else None
    return {"source": hashlib.sha256(Path(file).read_bytes()).hexdigest()[:16]} if file else {}


def canonical(value: Any) -> str:
    """JSON with sorted keys and one spelling of each number: 2 and 2.0 are the same, and so are 0 and -0.0."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
