"""What `laws.py` puts to the test: a cell on an engine, compiled once for all laws, on one small ragged batch."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from lstm_research.models.layer import Layer

T, B, D = 6, 5, 3
LENGTHS = np.array([6, 4, 1, 0, 5])
MASK = np.arange(T)[:, None] < LENGTHS
MASK[2, 4] = False  # padding in the middle
RESET = np.zeros((T, B), bool)
RESET[3, 0] = RESET[1, 1] = RESET[4, 4] = RESET[0, 2] = True
NONE, ALL = np.zeros((T, B), bool), np.ones((T, B), bool)


@dataclass(frozen=True)
class Subject:
    """A cell's config and the engine to run it on."""

    config: Any
    engine: str
    layer: Callable[..., Layer] = Layer
    """Called as `Layer` is."""

    def build(self, *, reverse: bool = False, dtype: Any = jnp.float64, rngs: nnx.Rngs | None = None) -> Layer:
        """A layer with a learned initial carry, so that every law meets one that is not zero."""
        cell = self.config.build(D, rngs=rngs, dtype=dtype)
        return self.layer(cell, engine=self.engine, learned_carry=True, reverse=reverse)

    @functools.cached_property
    def params(self) -> Any:
        """Random parameters: none of them zero, gains and peepholes included."""
        random = np.random.default_rng(1)
        params = jax.eval_shape(lambda: nnx.state(self.build(), nnx.Param))
        return jax.tree.map(lambda x: jnp.asarray(random.normal(0, 0.5, x.shape)), params)

    @functools.cached_property
    def carry(self) -> Any:
        """A carry as another sequence may have left it."""
        random = np.random.default_rng(2)
        shapes = jax.eval_shape(lambda: self.build().initial_carry(B))
        return jax.tree.map(lambda x: jnp.asarray(random.uniform(-0.9, 0.9, x.shape)), shapes)

    def merged(self, params: Any, reverse: bool = False) -> Layer:
        layer = self.build(reverse=reverse)
        nnx.update(layer, params)
        return layer

    @functools.cached_property
    def initial(self) -> Any:
        """The learned initial carry."""
        return jax.jit(lambda params: self.merged(params).initial_carry(B))(self.params)

    @functools.cached_property
    def step(self) -> Callable[..., Any]:
        """Compiled (params, carry, x) -> (carry, h)."""
        return jax.jit(lambda params, carry, x: self.merged(params).step(carry, x))

    @functools.cache  # noqa: B019 - subjects live as long as the tests
    def run(self, reverse: bool = False) -> Callable[..., Any]:
        """Compiled (params, xs, carry, mask, reset) -> (last carry, h of every step)."""

        def values(params: Any, xs: Any, carry: Any, mask: Any, reset: Any) -> Any:
            return self.merged(params, reverse)(xs, carry, mask, reset)

        return jax.jit(values)

    @functools.cache  # noqa: B019
    def pull(self, reverse: bool = False) -> Callable[..., Any]:
        """Compiled: takes cotangents of (last, hs) as well; gives (last, hs) and gradients of params, xs, carry."""

        def pull(params: Any, xs: Any, carry: Any, mask: Any, reset: Any, cotangents: Any) -> Any:
            def run(params: Any, xs: Any, carry: Any) -> Any:
                return self.merged(params, reverse)(xs, carry, mask, reset)

            outputs, pullback = jax.vjp(run, params, xs, carry)
            return outputs, pullback(cotangents)

        return jax.jit(pull)

    def weights(self, steps: int = T) -> Any:
        """Random cotangents of (last, hs)."""
        return random_like((self.carry, np.zeros((steps, *self.carry.h.shape))))

    def only(self, step: int) -> Any:
        """Cotangents: one on h of one step, zero on everything else."""
        hs = np.zeros((T, *self.carry.h.shape))
        hs[step] = 1
        return jax.tree.map(np.zeros_like, self.carry), hs


def inputs(steps: int = T, seed: int = 3) -> Any:
    return np.random.default_rng(seed).normal(size=(steps, B, D))


def random_like(tree: Any, seed: int = 4) -> Any:
    random = np.random.default_rng(seed)
    return jax.tree.map(lambda x: random.normal(size=x.shape), tree)


def close(actual: Any, expected: Any, message: str = "") -> None:
    for a, e in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, e, rtol=1e-10, atol=1e-12, err_msg=message)


def same(actual: Any, expected: Any, message: str = "") -> None:
    for a, e in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(a, e, err_msg=message)


def dot(x: Any, y: Any) -> Any:
    return sum(np.vdot(a, b) for a, b in zip(jax.tree.leaves(x), jax.tree.leaves(y), strict=True))
