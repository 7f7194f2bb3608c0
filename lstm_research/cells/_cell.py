"""What a cell is: `Cell` gives a step, `PointwiseCell` what follows the two matrix products, `LinearCell` coefficients.

Axes: t time, b batch, d input, h hidden, g stacked gates. A carry is a NamedTuple whose field `h` is the output.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import jax.numpy as jnp
from annotated_types import Ge, Gt
from flax import nnx
from jaxtyping import Array, Float

from lstm_research.cells._initializers import Name
from lstm_research.config.fields import Scalar
from lstm_research.recurrence import Multiply, affine


@dataclass(frozen=True, kw_only=True)
class BaseConfig:
    """The fields every cell of ours has."""

    hidden: Annotated[int, Ge(1)]
    """Number of units."""
    kernel_init: Name = "glorot_uniform"
    """How the input matrix of each gate starts."""
    init_scale: Annotated[Scalar, Gt(0)] = 1.0
    """Multiplies the initial values of every matrix."""

    engines: ClassVar[tuple[str, ...]] = ("checkpointed", "reference")
    """Engines that can run the cell, the preferred one last."""
    widens: ClassVar[bool] = False
    """Whether units whose parameters are all zero stay so: from zero states they put out zeros and get no gradient, so
    that a cell with such units is the one without them (`execution.pad_hidden`)."""

    @property
    def multiple(self) -> int:
        """What `hidden` must be a multiple of."""
        return 1

    def parameters(self, inputs: int) -> int:
        """Number of parameters with `inputs` input features."""
        raise NotImplementedError

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "Cell":
        """The cell. Without `rngs` its parameters are zeros, to be replaced."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class CellConfig(BaseConfig):
    """The fields of a cell with a recurrent matrix."""

    recurrent_init: Name = "orthogonal"
    """How the recurrent matrix of each gate starts."""


class Cell(nnx.Module):
    """A recurrent cell: it owns parameters and equations, and knows nothing of time.

    `kernel` [d g] and `bias` [g] make `wx` for all steps in one matrix product; `step` does the rest. As
    `cell(carry, x)` it is a cell of `flax.nnx.RNN` as well.
    """

    kernel: nnx.Param[Float[Array, "d g"]]
    bias: nnx.Param[Float[Array, " g"]]
    hidden: int

    def initial_carry(self, batch: int) -> Any:
        """The carry before the first step: zeros, h of shape [b h]."""
        raise NotImplementedError

    def project(self, xs: Float[Array, "*tb d"]) -> Float[Array, "*tb g"]:
        """W x + b for all steps at once."""
        return affine(xs, self.kernel[...], self.bias[...])

    def step(self, carry: Any, wx: Float[Array, "b g"]) -> tuple[Any, Float[Array, "b h"]]:
        """One step from projected inputs: the new carry and its h."""
        raise NotImplementedError

    def __call__(self, carry: Any, inputs: Float[Array, "b d"]) -> tuple[Any, Float[Array, "b h"]]:
        """One step from inputs."""
        return self.step(carry, self.project(inputs))

    def initialize_carry(self, input_shape: tuple[int, ...], rngs: Any = None) -> Any:
        """`initial_carry` by the name and arguments of `flax.nnx.RNN`; input_shape is (b, d), rngs are not needed."""
        return self.initial_carry(input_shape[0])

    @property
    def num_feature_axes(self) -> int:
        """1, for `flax.nnx.RNN`."""
        return 1


class EngineCell(Cell):
    """A cell that engines of its own can run; they also choose how its input product is made."""

    def project(self, xs: Float[Array, "*tb d"], multiply: Multiply = jnp.matmul) -> Float[Array, "*tb g"]:
        return affine(xs, self.kernel[...], self.bias[...], multiply)


class PointwiseCell(EngineCell):
    """A cell whose step is `pointwise(theta, wx, h @ recurrent, carry)`: the fused engine can run it."""

    recurrent: nnx.Param[Float[Array, "h g"]]

    @property
    def pointwise(self) -> Callable[[Any, Array, Array, Any], Any]:
        """(theta, wx, rh, carry) -> carry; a function of the module's file, the same object at every call."""
        raise NotImplementedError

    @property
    def theta(self) -> Any:
        """The cell's small own parameters, a pytree of arrays: biases inside gates, peepholes."""
        return ()

    def step(self, carry: Any, wx: Float[Array, "b g"]) -> tuple[Any, Float[Array, "b h"]]:
        carry = self.pointwise(self.theta, wx, carry.h @ self.recurrent[...], carry)
        return carry, carry.h


class LinearCell(EngineCell):
    """A cell whose step is h' = a * h + b, with a and b from the input alone: the engines fused and
    associative can run it.

    Its carry has the field `h` only.
    """

    def coefficients(self, wx: Float[Array, "*tb g"]) -> tuple[Float[Array, "*tb h"], Float[Array, "*tb h"]]:
        """a and b of one step or of all of them."""
        raise NotImplementedError

    def step(self, carry: Any, wx: Float[Array, "b g"]) -> tuple[Any, Float[Array, "b h"]]:
        a, b = self.coefficients(wx)
        carry = carry._replace(h=a * carry.h + b)
        return carry, carry.h
