"""The engines for long sequences: any cut gives the same, memory is bounded, a long fold is the reference's."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lstm_research.cells import layer_norm_lstm, lstm, min_gru, min_lstm
from lstm_research.cells._cell import BaseConfig
from lstm_research.models.layer import Layer, fastest

B, D, H = 3, 2, 4
CELLS = [lstm.Config(hidden=H), layer_norm_lstm.Config(hidden=H), min_gru.Config(hidden=H), min_lstm.Config(hidden=H)]


def build(config: BaseConfig, dtype: Any = jnp.float32, **fields: Any) -> Layer:
    return Layer(config.build(D, rngs=nnx.Rngs(0), dtype=dtype), learned_carry=True, **fields)


def pull(layer: Layer, steps: int) -> Any:
    """Values and all gradients over a ragged batch with resets, from a carry in the middle of a sequence."""
    random = np.random.default_rng(0)
    xs = random.normal(size=(steps, B, D))
    mask = jnp.arange(steps)[:, None] < jnp.array([[steps, steps // 2, 0]])
    reset = jnp.asarray(random.uniform(size=(steps, B)) < 0.1)
    carry = jax.tree.map(lambda x: jnp.asarray(random.normal(size=x.shape)), layer.initial_carry(B))
    graph, params = nnx.split(layer)

    def run(params: Any, xs: Any, carry: Any) -> Any:
        return nnx.merge(graph, params)(xs, carry, mask, reset)

    def both(*point: Any) -> Any:
        outputs, pullback = jax.vjp(run, *point)
        return outputs, pullback(
            jax.tree.map(lambda x: jnp.cos(jnp.arange(x.size, dtype=x.dtype)).reshape(x.shape), outputs)
        )

    return jax.jit(both)(params, xs, carry)


def close(found: Any, expected: Any, rtol: float = 1e-10, atol: float = 1e-12) -> None:
    for x, y in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(x, y, rtol=rtol, atol=atol)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("every", [None, 1, 3, 7, 9])
@pytest.mark.parametrize("reverse", [False, True])
def test_any_segment_length_gives_the_same(every: int | None, reverse: bool) -> None:
    """Seven steps: cut evenly, with a filled last segment, and into one segment of all of them."""
    for steps in (7, 1, 0):
        expected = pull(build(CELLS[0], jnp.float64, reverse=reverse), steps)
        found = build(CELLS[0], jnp.float64, engine="checkpointed", checkpoint_every=every, reverse=reverse)
        close(pull(found, steps), expected)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("config", CELLS, ids=lambda config: type(config).__module__.rpartition(".")[2])
def test_long_folds_equal_the_reference(config: BaseConfig) -> None:
    """A thousand steps, on every engine of the cell."""
    expected = pull(build(config, jnp.float64), 1000)
    for engine in sorted({*config.engines} - {"reference"}):
        close(pull(build(config, jnp.float64, engine=engine), 1000), expected, rtol=1e-8, atol=1e-10)


def test_segments_run_on_the_engine_that_auto_means() -> None:
    for config in CELLS:
        assert fastest(config.build(D, rngs=None)) == config.engines[-1]


def temporaries(config: BaseConfig, engine: str, steps: int) -> int:
    """Bytes that a compiled training step needs beside its arguments and results."""
    layer = Layer(config.build(8, rngs=nnx.Rngs(0)), engine=engine)
    graph, params = nnx.split(layer)

    def loss(params: Any, xs: Any) -> Any:
        return (nnx.merge(graph, params)(xs)[0].h ** 2).sum()

    xs = jax.ShapeDtypeStruct((steps, 4, 8), jnp.float32)
    return int(jax.jit(jax.grad(loss)).lower(params, xs).compile().memory_analysis().temp_size_in_bytes)


def test_checkpointed_takes_a_quarter_of_the_memory() -> None:
    config = lstm.Config(hidden=32)
    assert temporaries(config, "checkpointed", 3000) <= temporaries(config, "fused", 3000) / 4


def test_ten_thousand_steps_train() -> None:
    """The gradient is finite, and goes back to the first input."""
    graph, params = nnx.split(build(lstm.Config(hidden=H, forget_bias=10.0), engine="checkpointed"))

    def loss(params: Any, xs: Any) -> Any:
        return nnx.merge(graph, params)(xs)[0].c.sum()

    gradients = jax.jit(jax.grad(loss, argnums=(0, 1)))(params, jnp.ones((10_000, B, D)))
    for x in jax.tree.leaves(gradients):
        assert np.isfinite(x).all()
    assert np.any(gradients[1][0])
