"""A word from its letters: a convolution over them, and the largest value of each channel.

dos Santos & Zadrozny, Learning Character-level Representations for Part-of-Speech Tagging, ICML 2014; Kim, Jernite,
Sontag & Rush, Character-Aware Neural Language Models, AAAI 2016, section 3.2, with one width.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Int

from lstm_research.models.dense import Embedding
from lstm_research.recurrence import affine

LETTER = 24
"""Width of a letter's embedding."""
WIDTH = 3
"""Letters that one output of the convolution sees."""


class Spelling(nnx.Module):
    """max over l of tanh(K [e(l-1); e(l); e(l+1)] + b), e an embedding of letters; zeros stand around a word.

    Args:
      letters: size of the alphabet, 0 among it for no letter.
      outputs: width of the result.
    """

    def __init__(self, letters: int, outputs: int, *, rngs: nnx.Rngs | None, dtype: Any):
        self.letters = Embedding(letters, LETTER, rngs=rngs, dtype=dtype)
        shape = (WIDTH * LETTER, outputs)
        init = jax.nn.initializers.glorot_uniform()
        self.kernel = nnx.Param(jnp.zeros(shape, dtype) if rngs is None else init(rngs.params(), shape, dtype))
        self.bias = nnx.Param(jnp.zeros(outputs, dtype))

    def __call__(self, letters: Int[Array, "*tb l"]) -> Float[Array, "*tb k"]:
        """Of words of at least one letter; 0 is no letter, and has no influence."""
        there = (letters > 0)[..., None]
        seen = jnp.where(there, self.letters(letters), 0.0)
        around = [(0, 0)] * (seen.ndim - 2)
        seen = jnp.pad(seen, [*around, (WIDTH // 2, WIDTH // 2), (0, 0)])
        size = letters.shape[-1]
        near = jnp.concatenate([seen[..., w : w + size, :] for w in range(WIDTH)], axis=-1)
        found = jnp.tanh(affine(near, self.kernel[...], self.bias[...]))
        return jnp.where(there, found, -1.0).max(axis=-2)
