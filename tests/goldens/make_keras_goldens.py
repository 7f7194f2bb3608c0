"""Writes keras.npz: what Keras 3 layers compute, values and gradients, in float64. Made with Keras 3.15 on JAX 0.10.

On JAX, since Keras on torch multiplies float64 matrices in float32; with JAX's tanh and sigmoid, since Keras's own
round to float32 on the way. Needs keras, which is not among the packages of the tests: `python
tests/goldens/make_keras_goldens.py` in an environment that has it. Entries are named `case/name`: `weights/0`, ... as
`layer.get_weights()` gives them and `grad/weights/0`, ...; `x` [b t d], `mask` [b t], `state/0`, ... [b h] and what
comes out, `out` [b t h] and `last/0`, .... The loss is sum(out * wout).
"""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"

import jax
import keras
import numpy as np

RANDOM = np.random.default_rng(0)
STEPS, BATCH, INPUTS, HIDDEN = 5, 3, 3, 4
LENGTHS = [5, 2, 4]
TANH, SIGMOID = {"activation": jax.numpy.tanh}, {"recurrent_activation": jax.nn.sigmoid}
CASES = {
    "lstm": (keras.layers.LSTM, TANH | SIGMOID, 2),
    "gru_reset_after": (keras.layers.GRU, TANH | SIGMOID | {"reset_after": True}, 1),
    "gru_reset_before": (keras.layers.GRU, TANH | SIGMOID | {"reset_after": False}, 1),
    "tanh": (keras.layers.SimpleRNN, TANH, 1),
    "relu": (keras.layers.SimpleRNN, {"activation": "relu"}, 1),
}


def case(make: type, options: dict, states: int) -> dict[str, np.ndarray]:
    """One layer on one ragged batch; every weight random, so that no bias is zero."""
    layer = make(HIDDEN, return_sequences=True, return_state=True, dtype="float64", **options)
    layer.build((None, None, INPUTS))
    weights = [RANDOM.normal(0, 0.5, weight.shape) for weight in layer.get_weights()]
    x, wout = RANDOM.normal(size=(BATCH, STEPS, INPUTS)), RANDOM.normal(size=(BATCH, STEPS, HIDDEN))
    mask = np.arange(STEPS)[None] < np.array(LENGTHS)[:, None]
    state = [RANDOM.normal(size=(BATCH, HIDDEN)) for _ in range(states)]
    others = [variable.value for variable in layer.non_trainable_variables]

    def loss(weights: list, x: jax.Array) -> tuple:
        (out, *last), _ = layer.stateless_call(weights, others, x, mask=mask, initial_state=state)
        return (out * wout).sum(), (out, last)

    (dweights, dx), (out, last) = jax.grad(loss, argnums=(0, 1), has_aux=True)(weights, x)
    found = {"x": x, "grad/x": dx, "mask": mask, "out": out, "wout": wout}
    for name, values in (("state", state), ("last", last), ("weights", weights), ("grad/weights", dweights)):
        found |= {f"{name}/{i}": value for i, value in enumerate(values)}
    arrays = {name: np.asarray(value) for name, value in found.items()}
    assert {array.dtype.name for array in arrays.values()} == {"float64", "bool"}
    return arrays


def main() -> None:
    keras.config.set_floatx("float64")
    goldens = {f"{name}/{key}": value for name, spec in CASES.items() for key, value in case(*spec).items()}
    np.savez_compressed(Path(__file__).parent / "keras.npz", **goldens)


if __name__ == "__main__":
    main()
