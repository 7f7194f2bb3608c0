"""Weights to and from the Keras 3 layers `LSTM`, `GRU` and `SimpleRNN`, as the list that `get_weights` gives.

The list is kernel [d g], recurrent kernel [h g], bias. Gates stand as i f c o in Keras's LSTM, as ours do, and as
z r h in its GRU, where ours are r z n. `GRU(reset_after=True)`, Keras's default, is our `gru`; its bias is [2 g]: of
the input and of the recurrent product. The two are summed, but for the h gate. `GRU(reset_after=False)` is our
`gru_reset_before`, with z turned round: Keras keeps the old state where z is open, so the sign of everything in z
changes.

Outputs are equal to rounding, both ways. A learned carry is left out.

    keras_layer.set_weights(to_keras(layer))
    from_keras(keras_layer.get_weights(), layer)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_research.cells._cell import Cell
from lstm_research.cells.gru import GRU
from lstm_research.cells.gru_reset_before import GRUResetBefore
from lstm_research.cells.lstm import LSTM
from lstm_research.cells.rnn import RNN
from lstm_research.export._gates import blocks, checked, get, kind_of, put
from lstm_research.models.layer import Layer
from lstm_research.types import DataError

_ZRN = (1, 0, 2)
"""From r z n to z r n, and back."""


def to_keras(layer: Layer) -> list[np.ndarray]:
    """What `set_weights` of the Keras layer takes: [kernel, recurrent_kernel, bias].

    Raises:
      ConfigError: a cell that Keras does not have.
    """
    cell = _cell(layer)
    weights = get(cell, "kernel", "recurrent", "bias")
    if isinstance(cell, GRUResetBefore):
        weights = [_turn_z(weight) for weight in weights]
    if isinstance(cell, GRU | GRUResetBefore):
        weights = [blocks(weight, _ZRN) for weight in weights]
    if isinstance(cell, GRU):
        of_product = np.concatenate([np.zeros_like(weights[2][: 2 * cell.hidden]), get(cell, "recurrent_bias")[0]])
        weights[2] = np.stack([weights[2], of_product])
    return weights


def from_keras(weights: Sequence[Any], into: Layer) -> Layer:
    """Replace the parameters of a layer by those of a Keras layer; returns `into`, changed in place.

    Args:
      weights: [kernel, recurrent_kernel, bias], as its `get_weights` gives them.
      into: a layer of the same cell and sizes.

    Raises:
      DataError: another number of arrays, a shape that does not fit, a value that is not finite. Nothing is changed
        then.
      ConfigError: a cell that Keras does not have.
    """
    cell = _cell(into)
    names = "kernel", "recurrent_kernel", "bias"
    if len(weights) != len(names):
        raise DataError(f"found {len(weights)} arrays, expected {', '.join(names)}: was it made with use_bias=False?")
    (d, g), h = cell.kernel[...].shape, cell.hidden
    if isinstance(cell, GRU | GRUResetBefore) and np.ndim(weights[2]) != (2 if isinstance(cell, GRU) else 1):
        raise DataError("a bias [2 g] is of GRU(reset_after=True): our gru; [g] of reset_after=False: gru_reset_before")
    shapes = (d, g), (h, g), (2, g) if isinstance(cell, GRU) else (g,)
    kernel, recurrent, bias = (checked(*item) for item in zip(names, weights, shapes, strict=True))
    if isinstance(cell, GRU | GRUResetBefore):
        kernel, recurrent, bias = (blocks(weight, _ZRN) for weight in (kernel, recurrent, bias))
    if isinstance(cell, GRUResetBefore):
        kernel, recurrent, bias = (_turn_z(weight) for weight in (kernel, recurrent, bias))
    if isinstance(cell, GRU):
        put(cell, recurrent_bias=bias[1, 2 * h :])
        bias = np.concatenate([bias.sum(axis=0)[: 2 * h], bias[0, 2 * h :]])
    put(cell, kernel=kernel, recurrent=recurrent, bias=bias)
    return into


def _cell(layer: Layer) -> Cell:
    kind_of(layer.cell, (LSTM, GRU, GRUResetBefore, RNN), "Keras")
    return layer.cell


def _turn_z(weight: np.ndarray) -> np.ndarray:
    """1 - sigmoid(a) = sigmoid(-a), for gates in the order r z n."""
    r, z, n = np.split(weight, 3, axis=-1)
    return np.concatenate([r, -z, n], axis=-1)
