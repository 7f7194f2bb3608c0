"""GRU-D against its paper's equations, one row and one step at a time."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lstm_research.cells.gru_d import Config
from lstm_research.models.layer import Layer
from lstm_research.types import ConfigError

K, H, T, B = 2, 3, 5, 4


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_equals_the_paper() -> None:
    random = np.random.default_rng(0)
    cell = Config(hidden=H).build(3 * K, rngs=nnx.Rngs(0))
    for name in ("input_decay", "state_decay", "state_decay_bias", "bias"):
        param = getattr(cell, name)
        param[...] = jnp.asarray(random.normal(0, 0.5, param[...].shape), jnp.float32)
    m = (random.random((T, B, K)) < 0.5).astype(np.float32)
    x, ago = random.standard_normal((T, B, K)).astype(np.float32), random.random((T, B, K)).astype(np.float32)
    weight, bias = np.asarray(cell.input_decay[...])
    decay, decay_bias = np.asarray(cell.state_decay[...]), np.asarray(cell.state_decay_bias[...])
    W, U, b = (np.asarray(p[...]) for p in (cell.kernel, cell.recurrent, cell.bias))
    gates = [slice(i * H, (i + 1) * H) for i in range(3)]
    h, expected = np.zeros((B, H)), []
    for t in range(T):
        gamma_x = np.exp(-np.maximum(0, weight * ago[t] + bias))
        gamma_h = np.exp(-np.maximum(0, ago[t] @ decay + decay_bias))
        u = m[t] * x[t] + (1 - m[t]) * (gamma_x * x[t] + (1 - gamma_x) * 0)
        h = gamma_h * h
        r, z = (sigmoid(u @ W[:K, g] + h @ U[:, g] + m[t] @ W[K:, g] + b[g]) for g in gates[:2])
        n = np.tanh(u @ W[:K, gates[2]] + (r * h) @ U[:, gates[2]] + m[t] @ W[K:, gates[2]] + b[gates[2]])
        h = (1 - z) * h + z * n
        expected.append(h)
    layer = Layer(cell)
    inputs = jnp.concatenate([jnp.asarray(part) for part in (x, m, ago)], axis=-1)
    _, found = layer(inputs, layer.initial_carry(B), jnp.ones((T, B), bool), jnp.zeros((T, B), bool))
    np.testing.assert_allclose(found, np.stack(expected), rtol=2e-5, atol=1e-6)


def test_what_is_not_in_thirds_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"gru_d .* 4 is not divisible by 3; set task.show=decay"):
        Config(hidden=2).build(4, rngs=None)
