"""Our cells against their papers (NumPy), and against Flax, whose equations ours agree with."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy_cells
import pytest
from flax import nnx
from subject import B, D, Subject, T, inputs

from lstm_research.cells import (
    full_gate_lstm,
    gru,
    gru_reset_before,
    layer_norm_lstm,
    lstm,
    lstm_variant,
    min_gru,
    min_lstm,
    peephole_lstm,
    rnn,
)

H = 4
ORDER = {
    lstm: "ifgo",
    peephole_lstm: "ifgo",
    full_gate_lstm: "ifgo",
    layer_norm_lstm: "ifgo",
    gru: "rzn",
    gru_reset_before: "rzn",
    min_gru: "zn",
    min_lstm: "ifn",
}
PAPERS = [
    (lstm, {}, numpy_cells.lstm),
    (peephole_lstm, {}, numpy_cells.peephole_lstm),
    (peephole_lstm, {}, functools.partial(numpy_cells.odyssey, variant="v")),
    (full_gate_lstm, {}, functools.partial(numpy_cells.odyssey, variant="fgr")),
    *(
        (lstm_variant, {"variant": variant}, functools.partial(numpy_cells.odyssey, variant=variant))
        for variant in lstm_variant.GATES
    ),
    (layer_norm_lstm, {}, numpy_cells.layer_norm_lstm),
    (gru, {}, numpy_cells.gru),
    (gru_reset_before, {}, numpy_cells.gru_reset_before),
    (min_gru, {}, numpy_cells.min_gru),
    (min_gru, {"candidate": "positive"}, functools.partial(numpy_cells.min_gru, candidate=numpy_cells.g)),
    (min_lstm, {}, numpy_cells.min_lstm),
    (min_lstm, {"candidate": "positive"}, functools.partial(numpy_cells.min_lstm, candidate=numpy_cells.g)),
    (rnn, {"activation": "tanh"}, numpy_cells.rnn),
    (rnn, {"activation": "relu"}, functools.partial(numpy_cells.rnn, activation=lambda x: np.maximum(x, 0))),
]


def by_gate(module: Any, cell: Any) -> dict[str, np.ndarray]:
    """Our stacked parameters under the papers' names, for column vectors."""
    kernel, bias = np.asarray(cell.kernel[...]), np.asarray(cell.bias[...])
    # A linear cell has no recurrent matrix, and its paper names none.
    recurrent = np.asarray(cell.recurrent[...]) if hasattr(cell, "recurrent") else np.zeros((H, len(bias)))
    if module is rnn:
        return {"W": kernel.T, "U": recurrent.T, "b": bias}
    p = {}
    order = lstm_variant.GATES[cell.variant] if module is lstm_variant else ORDER[module]
    for number, gate in enumerate(order):
        rows = slice(number * H, (number + 1) * H)
        p |= {f"W_{gate}": kernel[:, rows].T, f"U_{gate}": recurrent[:, rows].T, f"b_{gate}": bias[rows]}
    if module in (peephole_lstm, full_gate_lstm, lstm_variant):
        names = [f"p_{gate}" for gate in order if gate != "g"]
        p |= dict(zip(names, np.asarray(cell.peepholes[...]), strict=True))
    if module is full_gate_lstm:
        parts = [np.split(row, 3, axis=1) for row in np.split(np.asarray(cell.between[...]), 3)]
        p |= {f"R_{a}{b}": parts[i][k].T for i, a in enumerate("ifo") for k, b in enumerate("ifo")}
    if module is gru:
        p["u_n"] = np.asarray(cell.recurrent_bias[...])
    if module is layer_norm_lstm:
        names = {"a_1": "recurrent_gain", "a_2": "input_gain", "a_3": "cell_gain", "b_3": "cell_bias"}
        p |= {short: np.asarray(getattr(cell, name)[...]) for short, name in names.items()}
    return p


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(("module", "fields", "paper"), PAPERS, ids=lambda x: getattr(x, "__name__", "").split(".")[-1])
def test_cell_is_its_paper(module: Any, fields: dict, paper: Any) -> None:
    subject = Subject(module.Config(hidden=H, **fields), module.Config.engines[-1])
    ones = np.ones((T, B), bool)
    _, hs = subject.run()(subject.params, inputs(), subject.carry, ones, ~ones)
    p = by_gate(module, subject.merged(subject.params).cell)
    for row in range(B):
        start = [np.asarray(part)[row] for part in subject.carry]
        np.testing.assert_allclose(np.asarray(hs)[:, row], paper(p, inputs()[:, row], *start), rtol=1e-12, atol=1e-14)


@pytest.mark.usefixtures("x64")
def test_min_lstm_with_both_gates_shut() -> None:
    """f / (f + i) is no 0 / 0, and its gradient is finite."""
    cell = min_lstm.Config(hidden=1).build(1, rngs=None, dtype=jnp.float32)
    for gates, share in ((-200.0, -200.0), 0.5), ((200.0, 200.0), 0.5), ((-201.0, -200.0), 1 / (1 + np.e)):
        wx = jnp.array([[*gates, 1.0]], jnp.float32)
        (a, b), gradient = cell.coefficients(wx), jax.grad(lambda wx: cell.coefficients(wx)[1].sum())(wx)
        np.testing.assert_allclose([a.item(), b.item()], [1 - share, share], rtol=1e-5)
        assert np.isfinite(gradient).all()


def flax_copy(name: str, cell: Any) -> nnx.Module:
    """Flax's cell with the parameters of ours."""
    flax = getattr(nnx, name)(D, H, param_dtype=jnp.float64, dtype=jnp.float64, rngs=nnx.Rngs(0), keep_rngs=False)
    kernel, recurrent, bias = cell.kernel[...], cell.recurrent[...], cell.bias[...]
    if name in ("SimpleCell", "GRUCell"):
        values = {"dense_i": (kernel, bias), "dense_h": (recurrent, None)}
    elif name == "OptimizedLSTMCell":
        values = {"dense_i": (kernel, None), "dense_h": (recurrent, bias)}
    else:
        values = {}
        for k, gate in enumerate("ifgo"):
            rows = slice(k * H, (k + 1) * H)
            values |= {
                "if_" if gate == "f" else f"i{gate}": (kernel[:, rows], None),
                f"h{gate}": (recurrent[:, rows], bias[rows]),
            }
    for place, (weight, offset) in values.items():
        dense = getattr(flax, place)
        dense.kernel[...] = weight
        if offset is not None:
            dense.bias[...] = offset
    return flax


@pytest.mark.loose
@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(
    ("name", "module"), [("LSTMCell", lstm), ("OptimizedLSTMCell", lstm), ("GRUCell", gru), ("SimpleCell", rnn)]
)
def test_flax_agrees(name: str, module: Any) -> None:
    """Flax's cell in `nnx.RNN`, our cell in `nnx.RNN` and our layer give the same."""
    subject = Subject(module.Config(hidden=H), "reference")
    layer = subject.merged(subject.params)
    if module is gru:  # Flax's has no bias inside the product
        layer.cell.recurrent_bias[...] = jnp.zeros(H)
    xs, lengths = jnp.asarray(inputs()), jnp.array([6, 4, 1, 3, 5])
    mask = jnp.arange(T)[:, None] < lengths[None]
    expected = np.asarray(layer(xs, layer.cell.initial_carry(B), mask)[1])
    for cell in (flax_copy(name, layer.cell), layer.cell):
        unroll = nnx.RNN(cell, time_major=True, rngs=nnx.Rngs(0))
        found = np.asarray(unroll(xs, seq_lengths=lengths))
        np.testing.assert_allclose(np.where(mask[..., None], found - expected, 0), 0, atol=1e-13)


def test_initial_values() -> None:
    """Per gate: the forget bias on f alone, each recurrent block orthogonal, a scale on matrices; torch.nn's rule."""
    cell = lstm.Config(hidden=H, forget_bias=2.0, init_scale=3.0).build(D, rngs=nnx.Rngs(0))
    np.testing.assert_array_equal(cell.bias[...], np.repeat([0.0, 2, 0, 0], H))
    for block in np.split(np.asarray(cell.recurrent[...]), 4, axis=1):
        np.testing.assert_allclose(block.T @ block, 9 * np.eye(H), atol=1e-5)
    limit = 3 * np.sqrt(6 / (D + H))
    assert limit / 2 < np.abs(cell.kernel[...]).max() <= limit
    identity = rnn.Config(hidden=H, recurrent_init="identity").build(D, rngs=nnx.Rngs(0))
    np.testing.assert_array_equal(identity.recurrent[...], np.eye(H))
    uniform = gru.Config(hidden=H, kernel_init="uniform", recurrent_init="uniform").build(D, rngs=nnx.Rngs(0))
    for value in jax.tree.leaves(nnx.state(uniform, nnx.Param)):
        assert 0 < np.abs(value).max() <= H**-0.5
