"""`Transducer`: an encoder-decoder, from one sequence of tokens to another.

Sutskever, Vinyals & Le, Sequence to Sequence Learning with Neural Networks, NeurIPS 2014; attention after the
decoder's state, without input feeding, as in Luong, Pham & Manning, EMNLP 2015, section 3.1 (equations 5 and 6).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Int, Key

from lstm_research.config.schema import ModelConfig
from lstm_research.models.attention import Attention
from lstm_research.models.dense import Dense
from lstm_research.models.stack import Stack
from lstm_research.recurrence import Answer, Batch, Pair


class Read(NamedTuple):
    """A source that has been read."""

    states: Any
    """Float[s b k], 0 at padding."""
    keys: Any
    """Float[s b q]: what attention compares its queries with."""
    mask: Any
    """Bool[s b]."""


class Transducer(nnx.Module):
    """Reads a source and writes a target, token by token.

    The encoder may be bidirectional. Every array of the decoder's first carry is tanh(W r + b), where r is the mean of
    the encoder's states. With attention, the head sees tanh(W [c; h]), c what the decoder's state h finds.

    Args:
      config: the model section of a config; `attention` and `beam` are its own.
      inputs: tokens of the source.
      outputs: tokens of the target; 0 ends it, 1 stands before it.
      rngs: where initial values come from. None leaves zeros.
    """

    END, START = 0, 1

    def __init__(self, config: ModelConfig, *, inputs: int, outputs: int, rngs: nnx.Rngs | None):
        self.config = config
        self.dtype = jnp.dtype(config.dtype)
        self.reader = Stack(config, inputs=inputs, tokens=True, bidirectional=config.bidirectional, rngs=rngs)
        self.writer = Stack(config, inputs=outputs, tokens=True, bidirectional=False, rngs=rngs)

        def dense(rows: int, columns: int) -> Dense:
            return Dense(rows, columns, rngs=rngs, dtype=self.dtype)

        found, hidden = self.reader.width, self.writer.width
        carry = jax.tree.leaves(jax.eval_shape(lambda: self.writer.initial_carry(1)))
        self.bridge = nnx.List([dense(found, leaf.shape[-1]) for leaf in carry])
        self.attention: Any = nnx.data(
            None
            if config.attention == "none"
            else Attention(config.attention, queries=hidden, keys=found, rngs=rngs, dtype=self.dtype)
        )
        self.mix: Any = nnx.data(None if config.attention == "none" else dense(found + hidden, hidden))
        self.head = dense(hidden, outputs)

    def initial_carry(self, batch: int) -> tuple[()]:
        """None: a target begins where its source was read."""
        return ()

    def __call__(self, batch: Batch, carry: Any = None, key: Key[Array, ""] | None = None) -> tuple[tuple[()], Answer]:
        """Logits of each step, shown the true target before it. `batch.inputs` is a `Pair`; `mask` is the target's."""
        pair: Pair = batch.inputs
        streams = (None, None) if key is None else tuple(jax.random.split(key))
        read, first = self.read(pair.source, pair.source_mask, streams[0])
        hs = self.writer.states(pair.written, first, batch.mask, batch.reset, streams[1])[1]
        return (), Answer(self.outputs(hs, read)[0], ())

    def read(
        self, source: Int[Array, "s b"], mask: Bool[Array, "s b"], key: Key[Array, ""] | None = None
    ) -> tuple[Read, Any]:
        """What attention looks at, and the decoder's first carry."""
        _, states, mask = self.reader.states(source, None, mask, jnp.zeros_like(mask), key)
        states = jnp.where(mask[..., None], states, 0.0)
        mean = states.sum(axis=0) / jnp.maximum(mask.sum(axis=0), 1).astype(states.dtype)[:, None]
        leaves, structure = jax.tree.flatten(self.writer.initial_carry(mask.shape[1]))
        made = [jnp.tanh(one(mean)) for one, _ in zip(self.bridge, leaves, strict=True)]
        keys = states if self.attention is None else self.attention.keys(states)
        return Read(states, keys, mask), jax.tree.unflatten(structure, made)

    def outputs(self, hs: Float[Array, "t b h"], read: Read) -> tuple[Float[Array, "t b k"], Any]:
        """Logits, and where attention looked: Float[t b s], () without any."""
        if self.attention is None:
            return self.head(hs), ()
        found, weights = self.attention(hs, read.keys, read.states, read.mask)
        return self.head(jnp.tanh(self.mix(jnp.concatenate([found, hs], axis=-1)))), weights

    def attended(self, batch: Batch) -> Float[Array, "t b s"]:
        """Where attention looks at each step, shown the true target before it."""
        read, first = self.read(batch.inputs.source, batch.inputs.source_mask)
        hs = self.writer.states(batch.inputs.written, first, batch.mask, batch.reset)[1]
        return jnp.asarray(self.outputs(hs, read)[1])

    def answer(self, batch: Batch) -> Answer:
        """Logits as of a call, and what it writes by itself: at most as many steps as the batch has."""
        _, said = self(batch)
        tokens, _ = self.decode(batch.inputs.source, batch.inputs.source_mask, batch.mask.shape[0])
        return Answer(said.logits, tokens)

    def decode(
        self, source: Int[Array, "s b"], mask: Bool[Array, "s b"], steps: int
    ) -> tuple[Int[Array, "n b"], Float[Array, " b"]]:
        """What it writes, END and what comes after it being END, and the log probability of that.

        Beam search: of all ways to go on, the `config.beam` most probable are kept; 1 is greedy. A target that has not
        ended after n steps counts as it is.
        """
        beam, b = self.config.beam, mask.shape[1]
        read, first = self.read(source, mask)
        # Hypotheses are rows: those of one source stand together.
        wide = jax.tree.map(lambda x: jnp.repeat(x, beam, axis=0), first)
        read = Read(*(jnp.repeat(x, beam, axis=1) for x in (read.states, read.keys, read.mask)))
        # At first all hypotheses are one.
        scores = jnp.where(jnp.arange(beam) == 0, 0.0, -jnp.inf)[None].repeat(b, axis=0)

        def step(state: Any, _: Any) -> tuple[Any, Any]:
            carry, token, scores, ended = state
            carry, h = self.writer.forward(carry, token)
            logits = self.outputs(h[None], read)[0][0].astype(jnp.float32)
            nats = jax.nn.log_softmax(logits).reshape(b, beam, -1)
            only_end = jnp.where(jnp.arange(nats.shape[-1]) == self.END, 0.0, -jnp.inf)[None, None]
            every = scores[..., None] + jnp.where(ended[..., None], only_end, nats)
            scores, best = jax.lax.top_k(every.reshape(b, -1), beam)
            origin, token = best // nats.shape[-1], (best % nats.shape[-1]).astype(jnp.int32)
            rows = (jnp.arange(b)[:, None] * beam + origin).reshape(-1)
            carry = jax.tree.map(lambda x: jnp.take(x, rows, axis=0), carry)
            ended = jnp.take_along_axis(ended, origin, axis=1) | (token == self.END)
            return (carry, token.reshape(-1), scores, ended), (token, origin)

        start = (wide, jnp.full(b * beam, self.START, jnp.int32), scores, jnp.zeros((b, beam), bool))
        (_, _, scores, _), (tokens, origins) = jax.lax.scan(step, start, length=steps)

        def back(rank: Array, step: Any) -> tuple[Array, Array]:
            token, origin = step
            pick = lambda x: jnp.take_along_axis(x, rank[:, None], axis=1)[:, 0]  # noqa: E731
            return pick(origin), pick(token)

        _, written = jax.lax.scan(back, jnp.zeros(b, jnp.int32), (tokens, origins), reverse=True)
        return written, scores[:, 0]
