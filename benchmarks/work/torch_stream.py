"""One step of a stream at a time, in torch."""

from typing import Any

import torch

from benchmarks.peers.torch_nn import choose, module
from benchmarks.shapes import Shape, inputs, weights
from benchmarks.turns import Ready


def stream(kind: str, shape: Shape, steps: int, threads: int) -> Ready:
    """`steps` calls of `torch.nn.LSTM` on one step ("layer"), or of `torch.nn.LSTMCell` ("cell")."""
    layer = module(shape, "lstm", weights(shape, "lstm"))
    cell = torch.nn.LSTMCell(shape.inputs, shape.hidden)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    x = torch.from_numpy(inputs(shape)[0])
    zeros = torch.zeros(shape.batch, shape.hidden)

    @torch.inference_mode()
    def run() -> Any:
        choose(threads, True)
        if kind == "cell":
            carry = zeros, zeros
            for _ in range(steps):
                carry = cell(x, carry)
            return carry[0]
        state = zeros[None], zeros[None]
        for _ in range(steps):
            h, state = layer(x[None], state)
        return h[0]

    return Ready(run, lambda h: {"h": h.numpy()})
