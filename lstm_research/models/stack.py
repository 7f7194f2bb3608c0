"""`Stack`: an encoder and the recurrent layers on it, which every model has."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Key

from lstm_research.config.schema import ModelConfig
from lstm_research.models.convolution import Convolution
from lstm_research.models.dense import Dense, Embedding
from lstm_research.models.dropout import dropout
from lstm_research.models.layer import Layer
from lstm_research.models.spelling import Spelling


def engine_of(config: ModelConfig) -> str:
    """The engine that `engine` means for this cell: `auto` is the fastest the cell supports."""
    return str(config.cell.engines[-1]) if config.engine == "auto" else config.engine


class Stack(nnx.Module):
    """Recurrent layers, one on another, between an encoder and whatever a model does with their states.

    Args:
      config: the model section of a config; its Scalars may be tracers.
      inputs: number of input features, or of tokens.
      tokens: whether inputs are tokens.
      bidirectional: whether each layer runs in both directions.
      letters: size of the alphabet that words are spelt in; 0 where they are not.
      rngs: where initial values come from. None leaves zeros, to be replaced by `nnx.update`.
    """

    def __init__(
        self,
        config: ModelConfig,
        *,
        inputs: int,
        tokens: bool,
        bidirectional: bool,
        letters: int = 0,
        rngs: nnx.Rngs | None,
    ):
        dtype = jnp.dtype(config.dtype)
        self.config = config
        self.dtype = dtype
        self.tokens = inputs if tokens else 0
        width = config.encoder_size or config.cell.hidden
        kinds = {"none": None, "linear": Dense, "embedding": Embedding}
        encoder = kinds[config.encoder]
        # `nnx.data`: an attribute that may be None is static otherwise, and may hold no parameters.
        self.encoder: Any = nnx.data(encoder and encoder(inputs, width, rngs=rngs, dtype=dtype))
        features = inputs if self.encoder is None else width
        self.spelt = letters > 0
        self.spelling: Any = nnx.data(None)
        if config.spelling is not None:
            self.spelling = nnx.data(Spelling(letters, config.spelling, rngs=rngs, dtype=dtype))
            features += config.spelling
        self.convolution: Any = nnx.data(None)
        if config.convolution is not None:
            channels = config.convolution.channels or config.cell.hidden
            self.convolution = nnx.data(Convolution(config.convolution, features, channels, rngs=rngs, dtype=dtype))
            features = channels
        directions = 2 if bidirectional else 1
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
        self.width = features

    def initial_carry(self, batch: int) -> list[list[Any]]:
        """The carry of every layer and direction before a sequence."""
        return [[layer.initial_carry(batch) for layer in directions] for directions in self.layers]

    def encode(self, inputs: Array) -> Float[Array, "*tb d"]:
        """Inputs as the first layer sees them."""
        letters = inputs[..., 1:] if self.spelt else None
        inputs = inputs[..., 0] if self.spelt else inputs
        if self.tokens and not isinstance(self.encoder, Embedding):
            inputs = jax.nn.one_hot(inputs, self.tokens, dtype=self.dtype)
        if not self.tokens:
            inputs = inputs.astype(self.dtype)
        xs = inputs if self.encoder is None else self.encoder(inputs)
        return xs if self.spelling is None else jnp.concatenate([xs, self.spelling(letters)], axis=-1)

    def states(
        self,
        inputs: Array,
        carry: Any,
        mask: Bool[Array, "t b"],
        reset: Bool[Array, "t b"],
        key: Key[Array, ""] | None = None,
    ) -> tuple[Any, Float[Array, "u b h"], Bool[Array, "u b"]]:
        """The carry of every layer after the last step; the states of the last layer, dropped out for a head; and which
        of them are valid: u is t, but for a convolution with a stride.

        Args:
          inputs: [t b d], or tokens [t b]; what stands at padding has no influence.
          carry: where to go on from; None is the initial carry.
          key: for dropout; without it nothing is dropped.
        """
        # Padding must not matter, NaN included, so it is cleared before the encoder multiplies it by anything.
        keep = mask if inputs.ndim == 2 else mask[..., None]
        xs = self.encode(jnp.where(keep, inputs, jnp.zeros_like(inputs)))
        if self.convolution is not None:
            xs, mask = self.convolution(xs, mask)
            reset = jnp.zeros_like(mask)  # rows that hold several sequences are refused
        carry = self.initial_carry(mask.shape[1]) if carry is None else carry
        after = []
        for number, directions in enumerate(self.layers):
            # The encoder's raw features are not dropped: a missing input is the task's business.
            if number or self.encoder is not None or self.convolution is not None:
                xs = self._drop(key, number, xs)
            results = [layer(xs, before, mask, reset) for layer, before in zip(directions, carry[number], strict=True)]
            after.append([last for last, _ in results])
            hs = jnp.concatenate([h for _, h in results], axis=-1) if len(results) > 1 else results[0][1]
            xs = xs + hs if self.config.residual and xs.shape == hs.shape else hs
        return after, self._drop(key, self.config.layers, xs), mask

    def forward(self, carry: Any, x: Array) -> tuple[Any, Float[Array, "b h"]]:
        """One time step of inputs [b d] or tokens [b], without dropout: the new carry and the last layer's state."""
        xs = self.encode(x)
        after = []
        for directions, before in zip(self.layers, carry, strict=True):
            last, h = directions[0].step(before[0], xs)
            after.append([last])
            xs = xs + h if self.config.residual and xs.shape == h.shape else h
        return after, xs

    def _drop(self, key: Key[Array, ""] | None, place: int, xs: Float[Array, "t b d"]) -> Float[Array, "t b d"]:
        stream = None if key is None else jax.random.fold_in(key, place)
        return dropout(stream, xs, self.config.dropout, variational=self.config.variational)
