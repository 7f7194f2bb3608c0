"""`Paired`: a source sequence and the target that is to be written about it."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lstm_research.recurrence import Batch, Pair
from lstm_research.tasks.source.corpus import corpus
from lstm_research.tasks.source.rows import Rows, steps_of


class Paired(Rows):
    """Pairs of token sequences, the targets padded to the longest, all sources to theirs. Order: see `Rows`.

    Targets: `tokens` Int[t b]. Inputs: a `Pair`, whose `written` is the target one step later, `start` first.

    Args:
      sources: int32[s] each, s >= 1.
      targets: int32[t] each, t >= 1.
      batch: pairs in a batch.
      start: the token before a target.
    """

    def __init__(self, sources: list[np.ndarray], targets: list[np.ndarray], batch: int, start: int):
        read = np.zeros((len(sources), max(map(len, sources))), np.int32)
        for row, source in zip(read, sources, strict=True):
            row[: len(source)] = source
        beside = {
            "source": read,
            "sources": np.array([len(source) for source in sources], np.int32),
            "start": np.full(len(sources), start, np.int32),
        }
        super().__init__(corpus(targets)._asdict() | {"targets": beside}, batch, _gather)


def _gather(arrays: Any, rows: Int[Array, " b"], weight: Float[Array, " b"], length: int) -> Batch:
    tokens, mask = steps_of(arrays, rows, weight, length)
    tokens = jnp.where(mask, tokens, 0)
    source, sources, start = (
        jnp.take(arrays["targets"][name], rows, axis=0, mode="clip") for name in ("source", "sources", "start")
    )
    read = (jnp.arange(source.shape[1], dtype=jnp.int32)[:, None] < sources[None]) & (weight > 0)[None]
    pair = Pair(jnp.where(read, source.T, 0), read, jnp.concatenate([start[None], tokens[:-1]]))
    return Batch(inputs=pair, targets={"tokens": tokens}, mask=mask, reset=jnp.zeros_like(mask), weight=weight)
