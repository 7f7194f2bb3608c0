"""A small Transformer, not recurrent: causal self-attention, to compare recurrent networks with.

    x = E x + e
    x = x + O attention(LN x)            softmax over s <= t of q_t . k_s / sqrt(n), n the width of a head
    x = x + W2 gelu(W1 LN x + b1) + b2   with W1 of `expansion` times the width
    y = LN x                             after `blocks` of the two lines before it

Queries and keys are turned by angles that grow with their step (rotary positions), so that a score depends on how far
apart two steps are. Nothing is dropped inside; `model.dropout` acts on what goes in and comes out.

References: Vaswani et al., Attention Is All You Need, arXiv:1706.03762, sections 3.1 to 3.3; the norms first: Xiong et
al., On Layer Normalization in the Transformer Architecture, arXiv:2002.04745, table 1; positions: Su et al., RoFormer,
arXiv:2104.09864, equation 34.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import jax
import jax.numpy as jnp
from annotated_types import Ge
from flax import nnx
from jaxtyping import Array, Bool, Float

from lstm_research.cells import _initializers as init
from lstm_research.cells._cell import BaseConfig
from lstm_research.cells._whole import ENGINES, WholeCell, sequence_number
from lstm_research.cells.layer_norm_lstm import normalize
from lstm_research.recurrence import affine

SLOWEST = 10_000.0
"""Steps in a turn of the slowest pair, over 2 pi (Vaswani et al., section 3.5)."""


@dataclass(frozen=True, kw_only=True)
class Config(BaseConfig):
    """{kind: transformer, hidden: 64, blocks: 2, heads: 2}"""

    blocks: Annotated[int, Ge(1)] = 2
    """Attention and what follows it, so many times."""
    heads: Annotated[int, Ge(1)] = 2
    """Parts of the width that attend each on their own."""
    expansion: Annotated[int, Ge(1)] = 4
    """Width of the inner layer after each attention, in widths."""

    engines: ClassVar[tuple[str, ...]] = ENGINES

    @property
    def multiple(self) -> int:
        """Each head turns pairs."""
        return 2 * self.heads

    def parameters(self, inputs: int) -> int:
        """h (d + 1), a block 4 h^2 + 2 m h^2 + m h + 5 h with m `expansion`, and 2 h."""
        h, m = self.hidden, self.expansion
        return h * (inputs + 1) + self.blocks * (4 * h * h + 2 * m * h * h + m * h + 5 * h) + 2 * h

    def build(self, inputs: int, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32) -> "Transformer":
        return Transformer(inputs, self, rngs=rngs, dtype=dtype)


class Transformer(WholeCell):
    """Blocks of attention."""

    def __init__(self, inputs: int, config: Config, *, rngs: nnx.Rngs | None, dtype: Any = jnp.float32):
        self.hidden = config.hidden
        self.kernel = init.gates(config.kernel_init, rngs, inputs, config.hidden, 1, config.init_scale, dtype)
        self.bias = init.bias(config.kernel_init, rngs, config.hidden, 1, config.init_scale, dtype)
        self.blocks = nnx.List(_Block(config, rngs=rngs, dtype=dtype) for _ in range(config.blocks))
        self.norm = _Norm(config.hidden, dtype)

    def whole(
        self, xs: Float[Array, "t b d"], mask: Bool[Array, "t b"], reset: Bool[Array, "t b"]
    ) -> Float[Array, "t b h"]:
        number, place = sequence_number(reset), jnp.arange(xs.shape[0], dtype=jnp.int32)
        sees = (number[:, None] == number[None]) & mask[None] & (place[:, None] >= place[None])[..., None]
        xs = affine(xs, self.kernel[...], self.bias[...])
        for block in self.blocks:
            xs = block(xs, sees)
        return jnp.where(mask[..., None], self.norm(xs), jnp.zeros_like(xs))


class _Norm(nnx.Module):
    def __init__(self, width: int, dtype: Any):
        self.gain, self.bias = nnx.Param(jnp.ones(width, dtype)), nnx.Param(jnp.zeros(width, dtype))

    def __call__(self, xs: Float[Array, "t b h"]) -> Float[Array, "t b h"]:
        return normalize(xs, self.gain[...]) + self.bias[...][None, None]


class _Block(nnx.Module):
    def __init__(self, config: Config, *, rngs: nnx.Rngs | None, dtype: Any):
        h, wide, name, scale = config.hidden, config.expansion * config.hidden, config.kernel_init, config.init_scale
        self.heads = config.heads
        self.before, self.between = _Norm(h, dtype), _Norm(h, dtype)
        self.asks = init.gates(name, rngs, h, h, 3, scale, dtype)
        self.out = init.gates(name, rngs, h, h, 1, scale, dtype)
        self.first = init.gates(name, rngs, h, wide, 1, scale, dtype)
        self.first_bias = init.bias(name, rngs, wide, 1, scale, dtype)
        self.second = init.gates(name, rngs, wide, h, 1, scale, dtype)
        self.second_bias = init.bias(name, rngs, h, 1, scale, dtype)

    def __call__(self, xs: Float[Array, "t b h"], sees: Bool[Array, "t s b"]) -> Float[Array, "t b h"]:
        """Args: sees: which steps s a step t looks at."""
        steps, rows, _ = xs.shape
        asked = self.before(xs) @ self.asks[...]
        query, key, value = (x.reshape(steps, rows, self.heads, -1) for x in jnp.split(asked, 3, axis=-1))
        scores = jnp.einsum("tbnk,sbnk->bnts", _turned(query), _turned(key)) / math.sqrt(query.shape[-1])
        seen = jnp.moveaxis(sees, 2, 0)[:, None]
        # The least number, not minus infinity: at padding a step may see none, and 0 / 0 would reach the gradients.
        weights = jax.nn.softmax(jnp.where(seen, scores, jnp.finfo(scores.dtype).min), axis=-1)
        found = jnp.einsum("bnts,sbnk->tbnk", weights, value).reshape(steps, rows, -1)
        xs = xs + found @ self.out[...]
        inner = jax.nn.gelu(affine(self.between(xs), self.first[...], self.first_bias[...]))
        return xs + affine(inner, self.second[...], self.second_bias[...])


def _turned(xs: Float[Array, "t b n k"]) -> Float[Array, "t b n k"]:
    """Each pair (k, k + half) turned by its step times its own angle."""
    steps, half = xs.shape[0], xs.shape[-1] // 2
    pair = jnp.arange(half, dtype=xs.dtype) / half
    angle = (jnp.arange(steps, dtype=xs.dtype)[:, None] * (SLOWEST**-pair)[None])[:, None, None]
    left, right = xs[..., :half], xs[..., half:]
    sine, cosine = jnp.sin(angle), jnp.cos(angle)
    return jnp.concatenate([left * cosine - right * sine, left * sine + right * cosine], axis=-1)
