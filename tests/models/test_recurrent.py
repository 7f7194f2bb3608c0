"""`LSTM`, `GRU` and `RNN` as a layer on an array."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import lstm_research
from lstm_research.export.torch import to_torch
from lstm_research.types import ConfigError

X = np.linspace(-1, 1, 5 * 2 * 3, dtype=np.float32).reshape(5, 2, 3)


@pytest.mark.parametrize("name", ["LSTM", "GRU", "RNN"])
def test_the_first_input_makes_what_inputs_would_have(name):
    make = getattr(lstm_research, name)
    layer, known = make(hidden=4), make(hidden=4, inputs=3)
    carry, h = layer(X)
    assert h.shape == (5, 2, 4)
    np.testing.assert_array_equal(h, known(X)[1])
    np.testing.assert_array_equal(carry.h, h[-1])
    np.testing.assert_allclose(layer(X[3:], layer(X[:3])[0])[1], h[3:], rtol=1e-5)
    assert not np.allclose(make(hidden=4, seed=1)(X)[1], h)
    assert to_torch(layer)["weight_hh_l0"].shape[1] == 4


def test_gradients_reach_every_parameter():
    layer = lstm_research.LSTM(hidden=4, inputs=3, forget_bias=2.0)
    graph, parameters = nnx.split(layer)
    gradient = jax.grad(lambda p: jnp.square(nnx.merge(graph, p)(X)[1]).mean())(parameters)
    assert all(np.abs(leaf).max() > 0 for leaf in jax.tree.leaves(gradient))


def test_what_cannot_be_says_why():
    layer = lstm_research.GRU(hidden=4)
    with pytest.raises(ValueError, match="give inputs="):
        jax.jit(lambda x: layer(x)[1])(X)
    layer(X)
    with pytest.raises(ValueError, match="x has 2 features; this layer was made for 3"):
        layer(X[..., :2])
    with pytest.raises(ValueError, match=r"x is \[time, batch, features\]; found the shape \[5, 3\]"):
        layer(X[:, 0])
    with pytest.raises(ConfigError, match="hidden: found 0; allowed: a whole number >= 1"):
        lstm_research.LSTM(hidden=0)
    with pytest.raises(ConfigError, match="did you mean 'forget_bias'"):
        lstm_research.LSTM(hidden=4, forget_bais=1.0)


def test_a_list_will_do():
    layer = lstm_research.RNN(hidden=4)
    np.testing.assert_array_equal(layer(X.tolist())[1], layer(X)[1])
