"""`SequenceModel`: encoder -> layers -> head."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Int, Key

from lstm_research.config.schema import ModelConfig
from lstm_research.models.attention import Pooling
from lstm_research.models.dense import Dense, Tied
from lstm_research.models.stack import Stack, engine_of
from lstm_research.recurrence import Batch, Multiply, product


class SequenceModel(Stack):
    """A stack of recurrent layers between an encoder and a head.

    Args:
      config: the model section of a config; its Scalars may be tracers.
      inputs: number of input features, or of tokens.
      tokens: whether inputs are tokens.
      outputs: width of the head.
      head: "step", "last", "mean", "max" or "attention".
      letters: size of the alphabet that words are spelt in; 0 where they are not.
      rngs: where initial values come from. None leaves zeros, to be replaced by `nnx.update`.
    """

    def __init__(
        self,
        config: ModelConfig,
        *,
        inputs: int,
        tokens: bool,
        outputs: int,
        head: str,
        letters: int = 0,
        rngs: nnx.Rngs | None,
    ):
        super().__init__(
            config, inputs=inputs, tokens=tokens, bidirectional=config.bidirectional, letters=letters, rngs=rngs
        )
        self.head_kind = head
        self.pooling: Any = nnx.data(Pooling(self.width, rngs=rngs, dtype=self.dtype) if head == "attention" else None)
        self.head: Any = (
            Tied(outputs, dtype=self.dtype) if config.tied else Dense(self.width, outputs, rngs=rngs, dtype=self.dtype)
        )

    def __call__(
        self, batch: Batch, carry: Any = None, key: Key[Array, ""] | None = None
    ) -> tuple[Any, Float[Array, "..."]]:
        """Outputs for a batch.

        Args:
          batch: `targets` and `weight` are not looked at.
          carry: where to go on from, by default the initial carry.
          key: for dropout; without it nothing is dropped.

        Returns:
          The carry after the last step, and outputs [t b k] (head "step") or [b k].
        """
        after, xs, mask = self.states(batch.inputs, carry, batch.mask, batch.reset, key)
        if self.head_kind != "step":
            one = pool(self.head_kind, xs, mask) if self.pooling is None else self.pooling(xs, mask)
            return after, self._outputs(one, jnp.matmul)
        return after, self._outputs(xs, jnp.matmul if engine_of(self.config) == "reference" else product)

    def step(self, carry: Any, x: Array) -> tuple[Any, Float[Array, "b k"]]:
        """One time step of inputs [b d] or tokens [b]: the new carry and the head's outputs, per step.

        Folding `step` over time gives the outputs of the call with head "step"; a bidirectional model cannot.
        """
        if self.config.bidirectional or self.config.convolution is not None:
            raise ValueError(
                "a model that is bidirectional or has a convolution cannot stream; set model.bidirectional=false and "
                "leave model.convolution out"
            )
        after, h = self.forward(carry, x)
        return after, self._outputs(h, jnp.matmul)

    def decode(
        self, shown: Int[Array, " t"], key: Key[Array, ""], steps: int, temperature: Any, banned: Any
    ) -> Int[Array, " n"]:
        """Go on with a sequence of tokens: each is drawn from softmax(outputs / temperature), and is the next input.

        Args:
          shown: the tokens before, at least one.
          steps: n, tokens to draw.
          temperature: at 0 the most probable token is taken, the first of equal ones.
          banned: Bool[k], outputs that are never drawn.
        """
        carry = self.initial_carry(1)

        def read(carry: Any, token: Array) -> tuple[Any, Array]:
            after, outputs = self.step(carry, token[None])
            return after, outputs[0]

        def draw(state: Any, key: Key[Array, ""]) -> tuple[Any, Array]:
            carry, logits = state
            logits = jnp.where(banned, -jnp.inf, logits.astype(jnp.float32))
            warm = jax.random.categorical(key, logits / jnp.maximum(temperature, 1e-6))
            token = jnp.where(temperature > 0, warm, jnp.argmax(logits)).astype(jnp.int32)
            return read(carry, token), token

        carry, outputs = jax.lax.scan(read, carry, shown)
        _, tokens = jax.lax.scan(draw, (carry, outputs[-1]), jax.random.split(key, steps))
        return tokens

    def _outputs(self, xs: Float[Array, "*tb d"], multiply: Multiply) -> Float[Array, "*tb k"]:
        """The head's."""
        return self.head(xs, self.encoder, multiply) if self.config.tied else self.head(xs, multiply)


def pool(kind: str, hs: Float[Array, "t b h"], mask: Bool[Array, "t b"]) -> Float[Array, "b h"]:
    """One vector per sequence from its valid steps: the `last`, their `mean` or `max`; zeros where there are none."""
    if kind == "max":
        highest = jnp.where(mask[..., None], hs, jnp.full_like(hs, -jnp.inf)).max(axis=0, initial=-jnp.inf)
        return jnp.where(mask.any(axis=0)[:, None], highest, jnp.zeros_like(highest))
    if kind == "last":
        # A valid step is the last one if no valid step comes after it.
        mask = mask & (jnp.cumsum(mask[::-1], axis=0)[::-1] == 1)
    total = jnp.where(mask[..., None], hs, jnp.zeros_like(hs)).sum(axis=0)
    return total / jnp.maximum(mask.sum(axis=0), 1).astype(hs.dtype)[:, None]
