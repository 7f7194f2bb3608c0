"""`LSTM`, `GRU` and `RNN` as a layer on an array: the cells of this package without configs, tasks or runs.

>>> x = jnp.ones((5, 2, 3))  # time, batch, features
>>> layer = LSTM(hidden=128)
>>> carry, h = layer(x)
>>> h.shape
(5, 2, 128)
"""

# ruff: noqa: N802

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float

from lstm_research.cells import gru, lstm, rnn
from lstm_research.config.validate import validate
from lstm_research.models.layer import Layer


class Recurrent(Layer):
    """A `Layer` whose cell is made when the number of input features is known.

    Args:
      config: `Config` of a cell.
      inputs: number of features; without it the first input tells.
      seed: of the initial parameters.
      dtype: of parameters and computation.
    """

    def __init__(self, config: Any, *, inputs: int | None = None, seed: int = 0, dtype: Any = jnp.float32):
        self.config, self.seed, self.dtype = config, seed, jnp.dtype(dtype)
        self.inputs = inputs
        if inputs is None:
            self.cell: Any = nnx.data(None)
        else:
            self._build(inputs)

    def __call__(
        self,
        xs: Any,
        carry: Any = None,
        mask: Bool[Array, "t b"] | None = None,
        reset: Bool[Array, "t b"] | None = None,
    ) -> tuple[Any, Float[Array, "t b h"]]:
        """The carry after the last step, and h at every step; arguments as those of `Layer`, and xs [t b d] may be
        whatever makes an array: it is checked here, not by its annotation.

        Raises ValueError for another shape, or another number of features than before, and where the first call is
        traced (by `jax.jit` or `jax.grad`) and `inputs` was not given: parameters are not made there.
        """
        if np.ndim(xs) != 3:
            shape = ", ".join(map(str, np.shape(xs)))
            raise ValueError(f"x is [time, batch, features]; found the shape [{shape}] (x[:, None] adds a batch axis)")
        if self.inputs is None:
            if isinstance(xs, jax.core.Tracer):
                raise ValueError("the first call is traced, and parameters are not made there: give inputs=")
            self._build(np.shape(xs)[-1])
        if np.shape(xs)[-1] != self.inputs:
            raise ValueError(f"x has {np.shape(xs)[-1]} features; this layer was made for {self.inputs}")
        return super().__call__(jnp.asarray(xs, self.dtype), carry, mask, reset)

    def _build(self, inputs: int) -> None:
        cell = self.config.build(inputs, rngs=nnx.Rngs(params=jax.random.key(self.seed)), dtype=self.dtype)
        self.inputs = inputs
        super().__init__(cell, engine=self.config.engines[-1])


def LSTM(
    hidden: int, *, inputs: int | None = None, seed: int = 0, dtype: Any = jnp.float32, **fields: Any
) -> Recurrent:
    """An LSTM (`cells/lstm.py`); `fields` are those of its Config, such as forget_bias. Raises ConfigError."""
    return Recurrent(validate(lstm.Config, {"hidden": hidden, **fields}), inputs=inputs, seed=seed, dtype=dtype)


def GRU(hidden: int, *, inputs: int | None = None, seed: int = 0, dtype: Any = jnp.float32, **fields: Any) -> Recurrent:
    """A GRU, reset after the recurrent product (`cells/gru.py`); `fields` are its Config's. Raises ConfigError."""
    return Recurrent(validate(gru.Config, {"hidden": hidden, **fields}), inputs=inputs, seed=seed, dtype=dtype)


def RNN(hidden: int, *, inputs: int | None = None, seed: int = 0, dtype: Any = jnp.float32, **fields: Any) -> Recurrent:
    """Elman's network (`cells/rnn.py`); `fields` are those of its Config, such as activation. Raises ConfigError."""
    return Recurrent(validate(rnn.Config, {"hidden": hidden, **fields}), inputs=inputs, seed=seed, dtype=dtype)
