"""A training step or an inference of layers, in torch."""

from typing import Any

import numpy as np
import torch

from benchmarks.compare import numbered
from benchmarks.peers.torch_nn import choose, module, named
from benchmarks.shapes import Shape, around, inputs, targets, weights
from benchmarks.turns import Ready


def layer(cell: str, shape: Shape, what: str, threads: int, onednn: bool = True, device: str = "cpu") -> Ready:
    """As `jax_layer.layer`: with words, `torch.nn.Embedding` and `Linear` stand around the layers.

    Args:
      threads: of a call; 0 leaves torch's own number.
      onednn: let torch take oneDNN's kernels where it has them.
    """
    made = module(shape, cell, weights(shape, cell), device)
    xs = torch.from_numpy(inputs(shape)).to(device)
    asked = list(made.parameters())
    outside = {name: torch.from_numpy(value).to(device) for name, value in around(shape).items()}
    if shape.words:
        embedding = torch.nn.Embedding.from_pretrained(outside["embedding"], freeze=False)
        head = torch.nn.Linear(shape.hidden, shape.words, device=device)
        head.load_state_dict({"weight": outside["head"].T, "bias": outside["head_bias"]})
        words = torch.from_numpy(targets(shape)).to(device).long()
        xs = xs.long()
        asked += [embedding.weight, head.weight, head.bias]
    else:
        asked.append(xs.requires_grad_(what == "step"))

    def outputs() -> Any:
        return head(made(embedding(xs))[0]) if shape.words else made(xs)[0]

    def step() -> Any:
        found = outputs()
        if shape.words:
            loss = torch.nn.functional.cross_entropy(found.flatten(0, 1), words.flatten())
        else:
            loss = (found * found).mean()
        return loss, torch.autograd.grad(loss, asked)

    def inference() -> Any:
        with torch.inference_mode():
            return outputs()

    work = step if what == "step" else inference

    def run() -> Any:
        choose(threads, onednn)
        result = work()
        if device != "cpu":
            torch.cuda.synchronize()
        return result

    def values(result: Any) -> dict[str, np.ndarray]:
        if what == "inference":
            return {"h": result.cpu().numpy()}
        loss, gradients = result
        names = [name for name, _ in made.named_parameters()]
        layers = numbered(named(dict(zip(names, gradients, strict=False)), shape, cell))
        rest = [x.cpu().numpy() for x in gradients[len(names) :]]
        others = {"xs": rest[0]}
        if shape.words:
            others = {"embedding": rest[0], "head": rest[1].T, "head_bias": rest[2]}
        return {"loss": loss.detach().cpu().numpy(), **layers, **others}

    return Ready(run, values)
