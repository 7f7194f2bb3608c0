"""What is not recurrent: the equations against slow NumPy, and what holds for every way to read a sequence."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.test_util import check_grads
from subject import MASK, RESET, B, D, T, inputs

from lstm_research.cells import tcn, transformer
from lstm_research.models.layer import Layer

CONFIGS = {
    "tcn": tcn.Config(hidden=4, levels=2, width=2),
    "tcn of the inputs' width": tcn.Config(hidden=3, levels=1, width=3),
    "transformer": transformer.Config(hidden=4, heads=2, blocks=2, expansion=2),
}


def layer_of(config: Any, reverse: bool = False) -> Layer:
    """With random parameters, none of them zero."""
    layer = Layer(config.build(D, rngs=None, dtype=jnp.float64), engine="whole", reverse=reverse)
    random = np.random.default_rng(1)
    nnx.update(layer, jax.tree.map(lambda x: jnp.asarray(random.normal(0, 0.5, x.shape)), nnx.state(layer, nnx.Param)))
    return layer


def normalized(x: Any, norm: Any) -> Any:
    centred = x - x.mean()
    return centred / math.sqrt((centred**2).mean() + 1e-5) * np.asarray(norm.gain[...]) + np.asarray(norm.bias[...])


def slow_tcn(cell: Any, xs: Any) -> Any:
    """xs [t d], step by step, tap by tap."""
    for level in cell.levels:

        def convolved(xs: Any, kernel: Any, bias: Any, level: Any = level) -> Any:
            found = []
            for t in range(len(xs)):
                taps = [t - back * level.dilation for back in reversed(range(level.width))]
                seen = np.concatenate([xs[s] if s >= 0 else 0 * xs[0] for s in taps])
                found.append(np.maximum(seen @ np.asarray(kernel[...]) + np.asarray(bias[...]), 0))
            return np.array(found)

        zs = convolved(convolved(xs, level.first, level.first_bias), level.second, level.second_bias)
        if level.beside is not None:
            xs = xs @ np.asarray(level.beside[...]) + np.asarray(level.beside_bias[...])
        xs = np.maximum(zs + xs, 0)
    return xs


def slow_transformer(cell: Any, xs: Any) -> Any:
    """xs [t d], score by score; positions as complex numbers."""
    xs = xs @ np.asarray(cell.kernel[...]) + np.asarray(cell.bias[...])
    h = xs.shape[1]
    for block in cell.blocks:
        width = h // block.heads
        asked = np.array([normalized(x, block.before) for x in xs]) @ np.asarray(block.asks[...])
        found = np.zeros_like(xs)
        for head in range(block.heads):
            part = slice(head * width, (head + 1) * width)
            query, key, value = (asked[:, n * h : (n + 1) * h][:, part] for n in range(3))

            def turned(row: Any, t: int, width: int = width) -> Any:
                pairs = row[: width // 2] + 1j * row[width // 2 :]
                return pairs * np.exp(1j * t * 10_000.0 ** -(np.arange(width // 2) / (width // 2)))

            for t in range(len(xs)):
                scores = np.array([
                    (turned(query[t], t) * turned(key[s], s).conj()).real.sum() / math.sqrt(width) for s in range(t + 1)
                ])  # fmt: skip
                weights = np.exp(scores) / np.exp(scores).sum()
                found[t, part] = weights @ value[: t + 1]
        xs = xs + found @ np.asarray(block.out[...])
        inner = np.array([normalized(x, block.between) for x in xs])
        inner = np.asarray(jax.nn.gelu(inner @ np.asarray(block.first[...]) + np.asarray(block.first_bias[...])))
        xs = xs + inner @ np.asarray(block.second[...]) + np.asarray(block.second_bias[...])
    return np.array([normalized(x, cell.norm) for x in xs])


@pytest.fixture(params=CONFIGS)
def config(request: Any, x64: None) -> Any:
    return CONFIGS[request.param]


def test_equations(config: Any) -> None:
    layer, xs = layer_of(config), inputs()
    slow = slow_tcn if isinstance(config, tcn.Config) else slow_transformer
    expected = np.stack([slow(layer.cell, xs[:, row]) for row in range(B)], axis=1)
    carry, hs = layer(jnp.asarray(xs))
    assert carry == ()
    np.testing.assert_allclose(hs, expected, rtol=1e-9, atol=1e-11)


def test_parameter_count(config: Any) -> None:
    for rngs in (None, nnx.Rngs(0)):
        cell = config.build(D, rngs=rngs)
        assert sum(x.size for x in jax.tree.leaves(nnx.state(cell, nnx.Param))) == config.parameters(D)


def test_padding_resets_and_the_future(config: Any) -> None:
    """Rubbish at padding changes no bit, nor does the future, or what comes before a reset; gradients say the same."""
    layer, xs = layer_of(config), inputs()

    @jax.jit
    def run(xs: Any) -> Any:
        return layer(xs, None, jnp.asarray(MASK), jnp.asarray(RESET))[1]

    hs = np.asarray(run(xs))
    assert not hs[~MASK].any()
    for rubbish in (1e30, np.nan):
        np.testing.assert_array_equal(run(np.where(MASK[..., None], xs, rubbish)), hs)
    number = np.cumsum(RESET, axis=0)
    jacobian = np.asarray(jax.jit(jax.jacobian(run))(xs))  # t b h, s b d
    for t in range(T):
        for s in range(T):
            for row in range(B):
                there = jacobian[t, row, :, s, row].any()
                seen = s <= t and number[s, row] == number[t, row] and MASK[s, row] and MASK[t, row]
                assert seen or not there, f"step {t} of row {row} sees step {s}"
    across = jacobian[:, np.arange(B)[:, None], :, :, np.arange(B)[None]]  # row, row, t, h, s, d
    assert not across[~np.eye(B, dtype=bool)].any(), "a row sees another"


def test_gradient(config: Any) -> None:
    layer = layer_of(config)
    graph, params = nnx.split(layer)
    weights = jnp.asarray(np.random.default_rng(2).normal(size=(T, B, config.hidden)))

    def loss(params: Any, xs: Any) -> Any:
        return (nnx.merge(graph, params)(xs, None, jnp.asarray(MASK), jnp.asarray(RESET))[1] * weights).sum()

    check_grads(jax.jit(loss), (params, jnp.asarray(inputs())), order=1, modes=["rev"], rtol=1e-5)


def test_reverse_looks_ahead(config: Any) -> None:
    xs = inputs()
    _, ahead = layer_of(config, reverse=True)(jnp.asarray(xs))
    _, back = layer_of(config)(jnp.asarray(xs[::-1].copy()))
    np.testing.assert_allclose(np.asarray(ahead)[::-1], back, rtol=1e-12)


def test_receptive_field_of_the_tcn(x64: None) -> None:
    """1 + 2 (width - 1) (2^levels - 1) steps: the first of them matters, the one before does not."""
    config = tcn.Config(hidden=4, levels=2, width=2)
    layer, far = layer_of(config), 1 + 2 * (2 - 1) * (2**2 - 1)
    xs = np.abs(np.random.default_rng(0).normal(size=(far + 2, 1, D)))
    nnx.update(layer, jax.tree.map(jnp.abs, nnx.state(layer, nnx.Param)))  # no relu is shut
    change = jax.jacobian(lambda xs: layer(xs)[1][-1])(jnp.asarray(xs))
    seen = np.asarray(change).any(axis=(0, 1, 3, 4))
    assert seen.tolist() == [False] * 2 + [True] * far


def test_no_step(x64: None) -> None:
    layer = layer_of(CONFIGS["tcn"])
    with pytest.raises(ValueError, match="cannot go on step by step"):
        layer.step((), jnp.zeros((B, D)))
