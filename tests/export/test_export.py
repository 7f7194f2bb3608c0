"""Weights of torch.nn and Keras give, in our layers, what those libraries computed: values and gradients.

The numbers stand in goldens/*.npz; goldens/make_*.py made them, in float64.
"""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lstm_research.cells import gru, gru_reset_before, lstm, peephole_lstm, rnn
from lstm_research.config.schema import ModelConfig
from lstm_research.export.keras import from_keras, to_keras
from lstm_research.export.torch import from_torch, to_torch
from lstm_research.models.layer import Layer
from lstm_research.models.sequence_model import SequenceModel
from lstm_research.types import ConfigError, DataError

GOLDENS = Path(__file__).parents[1] / "goldens"
D, H = 3, 4
CELLS = {
    "lstm": lstm.Config(hidden=H),
    "gru": gru.Config(hidden=H),
    "gru_reset_after": gru.Config(hidden=H),
    "gru_reset_before": gru_reset_before.Config(hidden=H),
    "tanh": rnn.Config(hidden=H),
    "relu": rnn.Config(hidden=H, activation="relu"),
}
TORCH = [
    *(f"{cell}/{kind}" for cell in ("lstm", "gru") for kind in ("single", "stacked", "bidirectional")),
    *("tanh/stacked", "tanh/bidirectional", "relu/single", "relu/stacked"),
]
KEEPS_BOTH = {"gru": slice(2 * H, None)}
"""Where torch's two biases are two parameters of ours as well."""


def golden(file: str, case: str) -> dict[str, np.ndarray]:
    with np.load(GOLDENS / file, allow_pickle=False) as stored:
        prefix = f"{case}/"
        return {name.removeprefix(prefix): stored[name] for name in stored.files if name.startswith(prefix)}


def close(found: Any, expected: Any, name: str) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12, err_msg=name)


def model(case: str, engine: str = "auto", **fields: Any) -> SequenceModel:
    """The model whose recurrent layers are those of a golden."""
    cell, kind = case.split("/")
    layers = 2 if kind == "stacked" or (kind == "bidirectional" and cell in ("lstm", "gru")) else 1
    config = ModelConfig(
        cell=CELLS[cell], layers=layers, bidirectional=kind == "bidirectional", engine=engine, dtype="float64", **fields
    )
    return SequenceModel(config, inputs=D, tokens=False, outputs=2, head="step", rngs=None)


def weights_of(stored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: value for name, value in stored.items() if name.startswith(("weight_", "bias_"))}


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("case", TORCH)
def test_torch(case: str) -> None:
    stored = golden("torch.npz", case)
    mask = jnp.asarray(np.arange(len(stored["x"]))[:, None] < stored["lengths"])
    made = from_torch(weights_of(stored), model(case))
    graph, params = nnx.split(made)
    states = [stored[name] for name in ("h0", "c0") if name in stored]
    cell = jax.eval_shape(lambda: made.layers[0][0].cell.initial_carry(1))
    directions = len(made.layers[0])

    def loss(params: Any, xs: Any, states: Any) -> Any:
        whole = nnx.merge(graph, params)
        hs, after = xs, []
        for number, pair in enumerate(whole.layers):
            outputs = []
            for direction, layer in enumerate(pair):
                carry = type(cell)(*(state[number * directions + direction] for state in states))
                last, h = layer(hs, carry, mask)
                outputs.append(h)
                after.append(last)
            hs = jnp.concatenate(outputs, axis=-1)
        found = {"out": jnp.where(mask[..., None], hs, jnp.zeros_like(hs)), "hn": jnp.stack([c.h for c in after])}
        if len(states) > 1:
            found["cn"] = jnp.stack([c.c for c in after])
        return sum((value * stored[f"w{name}"]).sum() for name, value in found.items()), found

    run = jax.jit(jax.grad(loss, argnums=(0, 1, 2), has_aux=True))
    (gradient, dx, dstates), found = run(params, jnp.asarray(stored["x"]), [jnp.asarray(s) for s in states])
    for name, value in found.items():
        close(value, stored[name], name)
    close(dx, stored["grad/x"], "x")
    for name, value in zip(("h0", "c0"), dstates, strict=False):
        close(value, stored[f"grad/{name}"], name)
    nnx.update(made, gradient)
    kept = KEEPS_BOTH.get(case.split("/")[0], slice(0, 0))
    for name, value in to_torch(made).items():
        # A sum of two biases has the gradient that each of them has.
        if name.startswith("bias_hh"):
            close(value[kept], stored[f"grad/{name}"][kept], name)
        else:
            close(value, stored[f"grad/{name}"], name)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("case", TORCH)
def test_to_torch_and_back(case: str) -> None:
    """Matrices are torch's bit for bit; biases have the same sum, and what we write we read again unchanged."""
    weights = weights_of(golden("torch.npz", case))
    written = to_torch(from_torch(weights, model(case)))
    assert list(written) == list(weights)
    for name, value in written.items():
        if name.startswith("weight"):
            np.testing.assert_array_equal(value, weights[name])
            assert value.flags.c_contiguous
        elif name.startswith("bias_ih"):
            other = name.replace("_ih", "_hh")
            close(value + written[other], weights[name] + weights[other], name)
    again = to_torch(from_torch(written, model(case)))
    for name, value in again.items():
        np.testing.assert_array_equal(value, written[name])


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("case", ["lstm", "gru_reset_after", "gru_reset_before", "tanh", "relu"])
def test_keras(case: str) -> None:
    stored = golden("keras.npz", case)
    weights = [stored[f"weights/{i}"] for i in range(3)]
    blank = CELLS[case].build(D, rngs=None, dtype=jnp.float64)
    layer = from_keras(weights, Layer(blank, engine=CELLS[case].engines[-1]))
    kind = type(jax.eval_shape(lambda: layer.cell.initial_carry(1)))
    carry = kind(*(jnp.asarray(stored[f"state/{i}"]) for i in range(len(kind._fields))))
    xs, mask = jnp.asarray(stored["x"].swapaxes(0, 1)), jnp.asarray(stored["mask"].T)
    weight = stored["wout"].swapaxes(0, 1)

    def loss(layer: Layer, xs: Any) -> Any:
        last, hs = layer(xs, carry, mask)
        return (hs * weight).sum(), (last, hs)

    graph, params = nnx.split(layer)
    run = jax.jit(jax.grad(lambda p, xs: loss(nnx.merge(graph, p), xs), argnums=(0, 1), has_aux=True))
    (gradient, dxs), (last, hs) = run(params, xs)
    close(hs, stored["out"].swapaxes(0, 1), "out")
    for number, value in enumerate(last):
        close(value, stored[f"last/{number}"], f"state {number}")
    close(dxs, stored["grad/x"].swapaxes(0, 1), "x")
    written = to_keras(layer)
    for ours, theirs in zip(written[:2], weights[:2], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    bias = (written[2].sum(axis=0), weights[2].sum(axis=0)) if case == "gru_reset_after" else (written[2], weights[2])
    close(*bias, "bias")
    # Gradients transform as parameters do: gates reordered, z turned round.
    nnx.update(layer, gradient)
    for number, value in enumerate(to_keras(layer)):
        expected = stored[f"grad/weights/{number}"]
        if case == "gru_reset_after" and number == 2:
            close(value[0], expected[0], "bias")
            close(value[1, 2 * H :], expected[1, 2 * H :], "recurrent bias of h")
        else:
            close(value, expected, f"weights/{number}")


@pytest.mark.usefixtures("x64")
def test_wrong_weights_say_so() -> None:
    layer = Layer(lstm.Config(hidden=H).build(D, rngs=None))
    before = to_torch(layer)
    good = {name: value + 1 for name, value in before.items()}
    with pytest.raises(DataError, match=r"lack 'bias_hh_l0'; expected: weight_ih_l0"):
        from_torch({name: good[name] for name in good if name != "bias_hh_l0"}, layer)
    with pytest.raises(DataError, match="'weight_ih_l1', which no layer takes"):
        from_torch(good | {"weight_ih_l1": good["weight_ih_l0"]}, layer)
    with pytest.raises(DataError, match=r"weight_hh_l0 has shape \(4, 16\), expected \(16, 4\)"):
        from_torch(good | {"weight_hh_l0": good["weight_hh_l0"].T}, layer)
    with pytest.raises(DataError, match=r"bias_hh_l0 holds .* not finite"):
        from_torch(good | {"bias_hh_l0": np.full(16, np.nan)}, layer)
    for name, value in to_torch(layer).items():
        np.testing.assert_array_equal(value, before[name], err_msg="a refused dictionary changed something")
    with pytest.raises(ConfigError, match=r"torch\.nn has no PeepholeLSTM; cells it shares with us: LSTM, GRU, RNN"):
        to_torch(Layer(peephole_lstm.Config(hidden=H).build(D, rngs=None)))
    with pytest.raises(ConfigError, match="residual"):
        to_torch(model("lstm/stacked", residual=True))
    with pytest.raises(DataError, match="found 2 arrays, expected kernel, recurrent_kernel, bias"):
        from_keras(to_keras(layer)[:2], layer)
    with pytest.raises(DataError, match=r"kernel has shape \(16, 3\), expected \(3, 16\)"):
        from_keras([before["weight_ih_l0"], *to_keras(layer)[1:]], layer)
    other = Layer(gru_reset_before.Config(hidden=H).build(D, rngs=None))
    with pytest.raises(DataError, match=r"reset_after=True"):
        from_keras(to_keras(Layer(gru.Config(hidden=H).build(D, rngs=None))), other)
