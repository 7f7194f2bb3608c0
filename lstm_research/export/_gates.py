"""Arrays checked by name and shape, and gates taken apart and stacked again: what both libraries need."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from lstm_research.cells._cell import Cell
from lstm_research.models.layer import Layer
from lstm_research.models.sequence_model import SequenceModel
from lstm_research.types import ConfigError, DataError

Layers = SequenceModel | Layer | Iterable[Any]
"""A model, a layer, a stack of layers, or a stack of [forward, backward] pairs."""


def stack_of(layers: Layers) -> list[list[Layer]]:
    """The layers from the bottom up, each with its directions."""
    if isinstance(layers, SequenceModel):
        if layers.config.residual and len(layers.layers) > 1:
            raise ConfigError("a residual stack has no counterpart elsewhere: export its layers one by one")
        return [list(directions) for directions in layers.layers]
    if isinstance(layers, Layer):
        return [[layers]]
    return [[item] if isinstance(item, Layer) else list(item) for item in layers]


def kind_of(cell: Cell, allowed: Sequence[type[Cell]], library: str) -> None:
    """Raises ConfigError unless the library has this cell."""
    if type(cell) not in allowed:
        names = ", ".join(kind.__name__ for kind in allowed)
        raise ConfigError(f"{library} has no {type(cell).__name__}; cells it shares with us: {names}")


def checked(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """`value` as an array. Raises DataError unless it has this shape and is finite."""
    array = np.asarray(value)
    if array.shape != shape:
        raise DataError(f"{name} has shape {array.shape}, expected {shape}: do hidden size and inputs agree?")
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        raise DataError(f"{name} holds {array.dtype} values that are not finite floats")
    return array


def only_names(found: Mapping[str, Any], expected: Iterable[str], library: str) -> None:
    """Raises DataError unless the names are exactly those expected."""
    expected = list(expected)
    missing = [name for name in expected if name not in found]
    foreign = [name for name in found if name not in expected]
    if missing or foreign:
        problem = f"lack {missing[0]!r}" if missing else f"have {foreign[0]!r}, which no layer takes"
        raise DataError(f"the {library} weights {problem}; expected: {', '.join(expected)}")


def put(cell: Cell, **values: np.ndarray) -> None:
    """Replace parameters of a cell, in their own type."""
    for name, value in values.items():
        param = getattr(cell, name)
        param[...] = jnp.asarray(value, param[...].dtype)


def get(cell: Cell, *names: str) -> list[np.ndarray]:
    """Parameters of a cell."""
    return [np.asarray(getattr(cell, name)[...]) for name in names]


def blocks(array: np.ndarray, order: Sequence[int]) -> np.ndarray:
    """The gates, stacked along the last axis, in another order."""
    parts = np.split(array, len(order), axis=-1)
    return np.concatenate([parts[i] for i in order], axis=-1)
