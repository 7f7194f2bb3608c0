"""`SequenceModel`: encoder -> layers -> head."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Int, Key

from lstm_research.config.schema import ModelConfig
from lstm_research.models.dense import Dense, Embedding, Tied
from lstm_research.models.dropout import dropout
from lstm_research.models.layer import Layer
from lstm_research.recurrence import Batch, Multiply, product


def engine_of(config: ModelConfig) -> str:
    """The engine that `engine` means for this cell: `auto` is the fastest the cell supports."""
    return str(config.cell.engines[-1]) if config.engine == "auto" else config.engine


class SequenceModel(nnx.Module):
    """A stack of recurrent layers between an encoder and a head.

    Args:
      config: the model section of a config; its Scalars may be tracers.
      inputs: number of input features, or of tokens.
      tokens: whether inputs are tokens.
      outputs: width of the head.
      head: "step", "last", "mean" or "max".
      rngs: where initial values come from. None leaves zeros, to be replaced by `nnx.update`.
    """

    def __init__(
        self, config: ModelConfig, *, inputs: int, tokens: bool, outputs: int, head: str, rngs: nnx.Rngs | None
    ):
        dtype = jnp.dtype(config.dtype)
        self.config = config
        self.dtype = dtype
        self.tokens = inputs if tokens else 0
        self.head_kind = head
        width = config.encoder_size or config.cell.hidden
        kinds = {"none": None, "linear": Dense, "embedding": Embedding}
        encoder = kinds[config.encoder]
        # `nnx.data`: an attribute that may be None is static otherwise, and may hold no parameters.
        self.encoder: Any = nnx.data(encoder and encoder(inputs, width, rngs=rngs, dtype=dtype))
        features = inputs if self.encoder is None else width
        directions = 2 if config.bidirectional else 1
        stack = []
        for _ in range(config.layers):
            cells = [config.cell.build(features, rngs=rngs, dtype=dtype) for _ in range(directions)]
            stack.append(
                nnx.List(
                    Layer(
                        cell,
                        engine=engine_of(config),
                        checkpoint_every=config.checkpoint_every,
                        learned_carry=config.learned_carry,
                        reverse=direction == 1,
                    )
                    for direction, cell in enumerate(cells)
                )
            )
            features = directions * config.cell.hidden
        self.layers = nnx.List(stack)
        self.head: Any = Tied(outputs, dtype=dtype) if config.tied else Dense(features, outputs, rngs=rngs, dtype=dtype)

    def initial_carry(self, batch: int) -> list[list[Any]]:
        """The carry of every layer and direction before a sequence."""
        return [[layer.initial_carry(batch) for layer in directions] for directions in self.layers]

    def encode(self, inputs: Array) -> Float[Array, "*tb d"]:
        """Inputs as the first layer sees them."""
        if self.tokens and not isinstance(self.encoder, Embedding):
            inputs = jax.nn.one_hot(inputs, self.tokens, dtype=self.dtype)
        if not self.tokens:
            inputs = inputs.astype(self.dtype)
        return inputs if self.encoder is None else self.encoder(inputs)

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
        mask = batch.mask
        inputs = batch.inputs
        # Padding must not matter, NaN included, so it is cleared before the encoder multiplies it by anything.
        keep = mask if inputs.ndim == 2 else mask[..., None]
        xs = self.encode(jnp.where(keep, inputs, jnp.zeros_like(inputs)))
        carry = self.initial_carry(mask.shape[1]) if carry is None else carry
        after = []
        for number, directions in enumerate(self.layers):
            # The encoder's raw features are not dropped: a missing input is the task's business.
            if number or self.encoder is not None:
                xs = self._drop(key, number, xs)
            results = [
                layer(xs, before, mask, batch.reset) for layer, before in zip(directions, carry[number], strict=True)
            ]
            after.append([last for last, _ in results])
            hs = jnp.concatenate([h for _, h in results], axis=-1) if len(results) > 1 else results[0][1]
            xs = xs + hs if self.config.residual and xs.shape == hs.shape else hs
        xs = self._drop(key, self.config.layers, xs)
        if self.head_kind != "step":
            return after, self._outputs(pool(self.head_kind, xs, mask), jnp.matmul)
        return after, self._outputs(xs, jnp.matmul if engine_of(self.config) == "reference" else product)

    def step(self, carry: Any, x: Array) -> tuple[Any, Float[Array, "b k"]]:
        """One time step of inputs [b d] or tokens [b]: the new carry and the head's outputs, per step.

        Folding `step` over time gives the outputs of the call with head "step"; a bidirectional model cannot.
        """
        if self.config.bidirectional:
            raise ValueError("a bidirectional model sees the future and cannot stream; set model.bidirectional=false")
        xs = self.encode(x)
        after = []
        for directions, before in zip(self.layers, carry, strict=True):
            last, h = directions[0].step(before[0], xs)
            after.append([last])
            xs = xs + h if self.config.residual and xs.shape == h.shape else h
        return after, self._outputs(xs, jnp.matmul)

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

    def _drop(self, key: Key[Array, ""] | None, place: int, xs: Float[Array, "t b d"]) -> Float[Array, "t b d"]:
        stream = None if key is None else jax.random.fold_in(key, place)
        return dropout(stream, xs, self.config.dropout, variational=self.config.variational)


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
