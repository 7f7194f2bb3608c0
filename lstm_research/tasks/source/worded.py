"""`Worded`: sentences, each word with its letters and a tag."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lstm_research.recurrence import Batch
from lstm_research.tasks.source.corpus import corpus
from lstm_research.tasks.source.rows import Rows, steps_of


class Worded(Rows):
    """Sentences, padded to the longest. Order: see `Rows`. Inputs: Int[t b 1+l], a word and its letters. Targets: `tag`
    and `unseen`, Int[t b].

    Args:
      sentences: int32[t 3+l] each, t >= 1: word, letters, tag, unseen.
      batch: sentences in a batch.
    """

    def __init__(self, sentences: list[np.ndarray], batch: int):
        super().__init__(corpus(sentences)._asdict(), batch, _gather)


def _gather(arrays: Any, rows: Int[Array, " b"], weight: Float[Array, " b"], length: int) -> Batch:
    found, mask = steps_of(arrays, rows, weight, length)
    found = jnp.where(mask[..., None], found, 0)
    targets = {"tag": found[..., -2], "unseen": found[..., -1]}
    return Batch(inputs=found[..., :-2], targets=targets, mask=mask, reset=jnp.zeros_like(mask), weight=weight)
