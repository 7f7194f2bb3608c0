"""Attention: what of a sequence of states a query asks for."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float

from lstm_research.models.dense import Dense


class Attention(nnx.Module):
    """softmax over s of score(q, k_s), and the mean of the states under it.

    additive: score = v . tanh(W q + U k), Bahdanau, Cho & Bengio, arXiv:1409.0473, appendix A.1.2.
    dot: score = q . (U k), "general" in Luong, Pham & Manning, EMNLP 2015, equation 8.

    Args:
      queries: width of a query.
      keys: width of a state that is attended to.
    """

    def __init__(self, kind: str, *, queries: int, keys: int, rngs: nnx.Rngs | None, dtype: Any):
        init = jax.nn.initializers.glorot_uniform()

        def matrix(rows: int, columns: int) -> nnx.Param[Any]:
            shape = (rows, columns)
            return nnx.Param(jnp.zeros(shape, dtype) if rngs is None else init(rngs.params(), shape, dtype))

        self.kind = kind
        self.key = matrix(keys, queries)
        self.query: Any = nnx.data(matrix(queries, queries) if kind == "additive" else None)
        self.score: Any = nnx.data(matrix(queries, 1) if kind == "additive" else None)

    def keys(self, states: Float[Array, "s b k"]) -> Float[Array, "s b q"]:
        """U k of every state: made once for all queries."""
        return states @ self.key[...]

    def __call__(
        self,
        queries: Float[Array, "t b q"],
        keys: Float[Array, "s b q"],
        states: Float[Array, "s b k"],
        mask: Bool[Array, "s b"],
    ) -> tuple[Float[Array, "t b k"], Float[Array, "t b s"]]:
        """What each query finds, and its weights: 0 at padding, and where a sequence has no step."""
        if self.kind == "dot":
            scores = jnp.einsum("tbq,sbq->tbs", queries, keys)
        else:
            both = (queries @ self.query[...])[:, None] + keys[None]
            scores = jnp.moveaxis((jnp.tanh(both) @ self.score[...])[..., 0], 1, 2)
        valid = mask.T[None]
        weights = over_valid(scores, valid)
        return jnp.einsum("tbs,sbk->tbk", weights, states), weights


class Pooling(nnx.Module):
    """One vector of a sequence of states: their mean under softmax over s of v . tanh(W k + b).

    Yang, Yang, Dyer, He, Smola & Hovy, Hierarchical Attention Networks for Document Classification, NAACL 2016,
    equations 5 to 7.
    """

    def __init__(self, width: int, *, rngs: nnx.Rngs | None, dtype: Any):
        self.key = Dense(width, width, rngs=rngs, dtype=dtype)
        self.score = Dense(width, 1, rngs=rngs, dtype=dtype)

    def __call__(self, states: Float[Array, "s b k"], mask: Bool[Array, "s b"]) -> Float[Array, "b k"]:
        """Zeros where a sequence has no step."""
        scores = self.score(jnp.tanh(self.key(states)))[..., 0]
        weights = over_valid(scores.T, mask.T)
        return jnp.einsum("bs,sbk->bk", weights, jnp.where(mask[..., None], states, jnp.zeros_like(states)))


def over_valid(scores: Float[Array, "*n s"], valid: Bool[Array, "*m s"]) -> Float[Array, "*n s"]:
    """softmax over the valid; 0 elsewhere, and where none is."""
    highest = jnp.max(jnp.where(valid, scores, -jnp.inf), axis=-1, keepdims=True, initial=jnp.finfo(scores.dtype).min)
    weights = jnp.exp(jnp.where(valid, scores - highest, -jnp.inf))
    return weights / jnp.maximum(weights.sum(axis=-1, keepdims=True), jnp.finfo(scores.dtype).tiny)
