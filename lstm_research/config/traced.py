"""A config in two parts: what is compiled (`static`, the jit key) and the numbers that may be traced (`scalars`)."""

import dataclasses
import enum
from collections.abc import Callable, Mapping
from typing import Any

from lstm_research.config.fields import hints, is_scalar


class _Hole(enum.Enum):
    """An enum, so that copies and pickles are the same object and equal, hashable keys."""

    HOLE = "hole"

    def __repr__(self) -> str:
        return "HOLE"


HOLE = _Hole.HOLE
"""Stands in `static` where a Scalar stood."""


def split(config: Any) -> tuple[Any, dict[str, float]]:
    """(static, scalars): the config with every Scalar that is not None replaced by HOLE, and those by their paths.

        split(RunConfig(...))[1]      # {"model.cell.forget_bias": 1.0, "optimizer.learning_rate": 0.001}

    Two configs may share a compiled program iff their statics are equal. None stays: compiled away.
    """
    scalars: dict[str, float] = {}

    def take(path: str, value: Any) -> Any:
        if value is not HOLE:
            scalars[path] = float(value)
        return HOLE

    return _map(config, "", take), scalars


def bind(static: Any, scalars: Mapping[str, Any]) -> Any:
    """The config again, with floats or tracers in the holes of `static`. KeyError unless the paths are the same."""
    left = set(scalars)

    def put(path: str, value: Any) -> Any:
        left.discard(path)
        return scalars[path]

    config = _map(static, "", put)
    if left:
        raise KeyError(f"no Scalar at {', '.join(sorted(left))}; there are {', '.join(scalar_paths(static)) or 'none'}")
    return config


def scalar_paths(config: Any) -> tuple[str, ...]:
    """The paths of the Scalars that are not None, in the order of the fields; of a config or of its static part."""
    paths: list[str] = []

    def note(path: str, value: Any) -> Any:
        paths.append(path)
        return value

    _map(config, "", note)
    return tuple(paths)


def _map(config: Any, prefix: str, function: Callable[[str, Any], Any]) -> Any:
    """The dataclass tree with `function(path, value)` in place of each Scalar that is not None."""
    changed: dict[str, Any] = {}
    annotations = hints(type(config))
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            changed[field.name] = _map(value, f"{prefix}{field.name}.", function)
        elif value is not None and is_scalar(annotations[field.name]):
            changed[field.name] = function(prefix + field.name, value)
    return dataclasses.replace(config, **changed)
