"""Initial values of a stack of gates, each gate on its own."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

Name = Literal["glorot_uniform", "glorot_normal", "lecun_normal", "orthogonal", "identity", "uniform"]

_KERNELS: dict[str, Callable[..., Array]] = {
    "glorot_uniform": jax.nn.initializers.glorot_uniform(),
    "glorot_normal": jax.nn.initializers.glorot_normal(),
    "lecun_normal": jax.nn.initializers.lecun_normal(),
    "orthogonal": jax.nn.initializers.orthogonal(),
    "identity": lambda key, shape, dtype: jnp.eye(shape[0], shape[1], dtype=dtype),
}


def gates(
    name: Name, rngs: nnx.Rngs | None, rows: int, hidden: int, count: int, scale: Any, dtype: Any
) -> nnx.Param[Float[Array, "rows g"]]:
    """A matrix [rows, count * hidden] whose blocks are drawn one by one, so that fan-in and orthogonality are a gate's.

    Args:
      name: glorot_uniform, glorot_normal (Glorot & Bengio 2010), lecun_normal, orthogonal (Saxe et al. 2014; columns
        or rows orthonormal), identity (Le et al. 2015), uniform (in [-1/sqrt(hidden), 1/sqrt(hidden)], the rule of
        torch.nn).
      rngs: None leaves zeros, for a model whose parameters are about to be replaced.
      scale: multiplies the values; may be traced.
    """
    if rngs is None:
        return nnx.Param(jnp.zeros((rows, count * hidden), dtype))
    keys = jax.random.split(rngs.params(), count)
    # At least float32: there is no orthogonal matrix to be had in bfloat16.
    drawn = jnp.float32 if jnp.finfo(dtype).bits < 32 else dtype
    if name == "uniform":
        bound = hidden**-0.5
        draw = partial(jax.random.uniform, shape=(rows, hidden), dtype=drawn, minval=-bound, maxval=bound)
    else:
        draw = partial(_KERNELS[name], shape=(rows, hidden), dtype=drawn)
    # In one batched call, since one by one each is compiled on its own; but not a batch of QR decompositions: on CPU,
    # jaxlib 0.10 splits it over the thread pool that the program itself runs on, and waits for ever when programs on
    # several host devices do so together.
    drawn_gates = jnp.stack([draw(key) for key in keys]) if name == "orthogonal" else jax.vmap(draw)(keys)
    blocks = jnp.moveaxis(drawn_gates, 0, 1).reshape(rows, count * hidden)
    return nnx.Param((blocks * jnp.asarray(scale, drawn)).astype(dtype))


def bias(
    name: Name, rngs: nnx.Rngs | None, hidden: int, count: int, scale: Any, dtype: Any
) -> nnx.Param[Float[Array, " g"]]:
    """A bias [count * hidden]: zero, but for kernels `uniform` (torch.nn) drawn from the same range."""
    if rngs is None or name != "uniform":
        return nnx.Param(jnp.zeros(count * hidden, dtype))
    bound = hidden**-0.5
    value = jax.random.uniform(rngs.params(), (count * hidden,), dtype, -bound, bound)
    return nnx.Param(value * jnp.asarray(scale, dtype))


def raised(values: nnx.Param[Float[Array, " g"]], gate: int, hidden: int, amount: Any) -> nnx.Param[Float[Array, " g"]]:
    """A bias whose part of one gate, counted from 0, is larger by `amount`, which may be traced."""
    part = slice(gate * hidden, (gate + 1) * hidden)
    return nnx.Param(values[...].at[part].add(jnp.asarray(amount, values[...].dtype)))
