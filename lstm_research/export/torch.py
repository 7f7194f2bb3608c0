"""Weights to and from `torch.nn.LSTM`, `GRU` and `RNN`, as the dictionary that their `state_dict` is.

Names are torch's: `weight_ih_l0` [g d], `weight_hh_l0` [g h], `bias_ih_l0` [g], `bias_hh_l0` [g], `..._l1` for the
next layer, `..._l0_reverse` for the backward direction. Gate orders agree (i f g o and r z n), so matrices are
transposed and otherwise equal bit for bit.

torch has two biases, which only ever enter as their sum, but for the n gate of the GRU, where bias_hh stands inside the
product with r. `from_torch` adds the two; `to_torch` writes the sum as bias_ih and zeros as bias_hh. The n gate keeps
both. Outputs are equal to rounding, both ways. torch takes h_0 and c_0 as arguments, so a learned carry is left out.

    torch_lstm.load_state_dict({name: torch.from_numpy(value) for name, value in to_torch(model).items()})
    from_torch({name: value.numpy() for name, value in torch_lstm.state_dict().items()}, model)
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from lstm_research.cells._cell import Cell
from lstm_research.cells.gru import GRU
from lstm_research.cells.lstm import LSTM
from lstm_research.cells.rnn import RNN
from lstm_research.export._gates import Layers, checked, get, kind_of, only_names, put, stack_of

Target = TypeVar("Target", bound=Layers)

_NAMES = "weight_ih", "weight_hh", "bias_ih", "bias_hh"


def to_torch(layers: Layers) -> dict[str, np.ndarray]:
    """The state_dict of the torch.nn module with these layers; encoder and head of a model are left out.

    Args:
      layers: a `SequenceModel`, a `Layer`, or a list of layers or of [forward, backward] pairs.

    Raises:
      ConfigError: a cell that torch.nn does not have, or a residual stack.
    """
    weights = {}
    for suffix, cell in _places(layers):
        kernel, recurrent, bias = get(cell, "kernel", "recurrent", "bias")
        bias_hh = np.zeros_like(bias)
        if isinstance(cell, GRU):
            bias_hh[2 * cell.hidden :] = get(cell, "recurrent_bias")[0]
        values = np.ascontiguousarray(kernel.T), np.ascontiguousarray(recurrent.T), bias, bias_hh
        weights.update({name + suffix: value for name, value in zip(_NAMES, values, strict=True)})
    return weights


def from_torch(weights: Mapping[str, Any], into: Target) -> Target:
    """Replace the parameters of layers by those of a torch.nn module; returns `into`, changed in place.

    Args:
      weights: its state_dict, every value an array.
      into: as for `to_torch`, of the same cell, sizes, number of layers and directions.

    Raises:
      DataError: a name that is missing or too many, a shape that does not fit, a value that is not finite. Nothing is
        changed then.
      ConfigError: as for `to_torch`.
    """
    places = _places(into)
    only_names(weights, [name + suffix for suffix, _ in places for name in _NAMES], "torch")
    found = []
    for suffix, cell in places:
        (d, g), h = cell.kernel[...].shape, cell.hidden
        shapes = (g, d), (g, h), (g,), (g,)
        found.append([checked(n + suffix, weights[n + suffix], s) for n, s in zip(_NAMES, shapes, strict=True)])
    for (_, cell), (weight_ih, weight_hh, bias_ih, bias_hh) in zip(places, found, strict=True):
        put(cell, kernel=weight_ih.T, recurrent=weight_hh.T, bias=bias_ih + bias_hh)
        if isinstance(cell, GRU):
            n = slice(2 * cell.hidden, None)
            put(cell, bias=np.concatenate([(bias_ih + bias_hh)[: n.start], bias_ih[n]]), recurrent_bias=bias_hh[n])
    return into


def _places(layers: Layers) -> list[tuple[str, Cell]]:
    """Each cell with the ending of its names in torch."""
    places = []
    for number, directions in enumerate(stack_of(layers)):
        for layer in directions:
            kind_of(layer.cell, (LSTM, GRU, RNN), "torch.nn")
            places.append((f"_l{number}_reverse" if layer.reverse else f"_l{number}", layer.cell))
    return places
