"""Writes keras.npz: what Keras 3 layers compute, values and gradients, in float64. Made with Keras 3.15, torch backend.

Needs keras and torch, which are not among the packages of the tests: `python tests/goldens/make_keras_goldens.py` in an
environment that has them. Entries are named `case/name`: `weights/0`, `weights/1`, ... as `layer.get_weights()` gives them
and `grad/weights/0`, ...; `x` [b t d], `mask` [b t], `state/0`, ... [b h] and what comes out, `out` [b t h] and
`last/0`, .... The loss is sum(out * wout).
"""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch

STEPS, BATCH, INPUTS, HIDDEN = 5, 3, 3, 4
LENGTHS = [5, 2, 4]
CASES = {
    "lstm": (keras.layers.LSTM, {}, 2),
    "gru_reset_after": (keras.layers.GRU, {"reset_after": True}, 1),
    "gru_reset_before": (keras.layers.GRU, {"reset_after": False}, 1),
    "tanh": (keras.layers.SimpleRNN, {}, 1),
    "relu": (keras.layers.SimpleRNN, {"activation": "relu"}, 1),
}


def case(make: type, options: dict, states: int) -> dict[str, np.ndarray]:
    """One layer on one ragged batch; every weight random, so that no bias is zero."""
    layer = make(HIDDEN, return_sequences=True, return_state=True, **options)
    layer.build((None, None, INPUTS))
    layer.set_weights([np.random.normal(0, 0.5, weight.shape) for weight in layer.get_weights()])
    x = torch.randn(BATCH, STEPS, INPUTS, requires_grad=True)
    mask = torch.arange(STEPS)[None] < torch.tensor(LENGTHS)[:, None]
    state = [torch.randn(BATCH, HIDDEN) for _ in range(states)]
    out, *last = layer(x, mask=mask, initial_state=state)
    wout = torch.randn(BATCH, STEPS, HIDDEN)
    (out * wout).sum().backward()
    found = {"x": x, "grad/x": x.grad, "mask": mask, "out": out, "wout": wout}
    found |= {f"state/{i}": value for i, value in enumerate(state)} | {f"last/{i}": v for i, v in enumerate(last)}
    for i, weight in enumerate(layer.trainable_weights):
        found |= {f"weights/{i}": weight.value, f"grad/weights/{i}": weight.value.grad}
    return {name: value.detach().numpy() for name, value in found.items()}


def main() -> None:
    keras.config.set_floatx("float64")
    keras.utils.set_random_seed(0)
    torch.set_default_dtype(torch.float64)
    goldens = {f"{name}/{key}": value for name, spec in CASES.items() for key, value in case(*spec).items()}
    np.savez_compressed(Path(__file__).parent / "keras.npz", **goldens)


if __name__ == "__main__":
    main()
