"""PyTorch: `torch.nn.LSTM`, `GRU` and `RNN`, time-major, as torch runs fastest."""

from typing import Any

import numpy as np
import torch

from benchmarks.shapes import GATES, Shape, Weights

CLASSES = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}


def module(shape: Shape, cell: str, weights: list[Weights], device: str = "cpu") -> Any:
    """The layers with the weights given; torch's second bias is zero."""
    made = CLASSES[cell](shape.inputs, shape.hidden, num_layers=shape.layers)
    state = {}
    for place, one in enumerate(weights):
        values = one["kernel"].T, one["recurrent"].T, one["bias"], np.zeros_like(one["bias"])
        for name, value in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), values, strict=True):
            state[f"{name}_l{place}"] = torch.from_numpy(np.ascontiguousarray(value))
    made.load_state_dict(state)
    return made.to(device)


def named(values: dict[str, Any], shape: Shape, cell: str) -> list[Weights]:
    """Parameters or gradients by torch's names, as ours of every layer."""
    found = []
    for place in range(shape.layers):
        kernel, recurrent, bias, second = (
            values[f"{name}_l{place}"].detach().cpu().numpy()
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        one = {"kernel": kernel.T, "recurrent": recurrent.T, "bias": bias}
        if cell == "gru":
            one["recurrent_bias"] = second[(GATES[cell] - 1) * shape.hidden :]
        found.append(one)
    return found


def choose(threads: int, onednn: bool) -> None:
    """Take so many threads (0: torch's own number), and oneDNN's kernels or not; free where it is so already."""
    if threads and torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    if torch.backends.mkldnn.enabled != onednn:
        torch.backends.mkldnn.enabled = onednn
