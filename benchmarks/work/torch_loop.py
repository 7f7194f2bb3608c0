"""Training loops in torch."""

from typing import Any

import numpy as np
import torch

from benchmarks.compare import numbered
from benchmarks.peers.torch_nn import choose, module, named
from benchmarks.shapes import Shape, weights
from benchmarks.turns import Ready
from benchmarks.work import task


def loop(shape: Shape, rate: float, steps: int, threads: int, fused: bool, onednn: bool, device: str = "cpu") -> Ready:
    """`steps` updates of torch.optim.Adam: one kernel for all parameters (fused), or one per operation (foreach)."""
    layer = module(shape, "lstm", weights(shape, "lstm"), device)
    head = torch.nn.Linear(shape.hidden, shape.inputs, device=device)
    values = task.head(shape)
    head.load_state_dict({"weight": torch.from_numpy(values["head"].T), "bias": torch.from_numpy(values["head_bias"])})
    # torch has two biases, which only ever enter as their sum; trained both, that sum would move twice as fast.
    for name, parameter in layer.named_parameters():
        parameter.requires_grad_("bias_hh" not in name)
    parameters = [p for p in [*layer.parameters(), *head.parameters()] if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=rate, fused=fused, foreach=not fused)
    xs = [torch.from_numpy(x).to(device) for x in task.batches(shape)]
    pairs = [(x, torch.roll(x, -1, 0)) for x in xs]
    done = [0]

    def run() -> Any:
        choose(threads, onednn)
        for _ in range(steps):
            x, y = pairs[done[0] % task.BATCHES]
            done[0] += 1
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.mse_loss(head(layer(x)[0]), y).backward()
            optimizer.step()
        if device != "cpu":
            torch.cuda.synchronize()

    def named_values(_: Any) -> dict[str, np.ndarray]:
        layers = numbered(named(dict(layer.named_parameters()), shape, "lstm"))
        kernel, bias = (x.detach().cpu().numpy() for x in head.parameters())
        return {**layers, "head": kernel.T, "head_bias": bias}

    return Ready(run, named_values)
