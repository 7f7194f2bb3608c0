"""Batches that stream: which data do, what a chunk of batches is, and what a compiled program sees of it."""

import copy
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from lstm_research.config.schema import ExecutionConfig
from lstm_research.recurrence import Batch
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed, buckets_of
from lstm_research.tasks.source.gathered import Gathered

CHUNK_BYTES = 8 * 2**20
"""Batches are gathered and put on the device so many bytes at a time, or one by one where a batch is larger."""
CHUNKS_HELD = 6
"""Chunks that are in memory at most: two being gathered or waiting (`feed.AHEAD`) and one handed over on the host; the
one that is trained on, the one after it and a member's part of it on the device."""


def size_of(source: Source | Bucketed) -> int:
    """Bytes of the arrays of a source."""
    return sum(int(x.nbytes) for x in jax.tree.leaves(source.arrays) if hasattr(x, "nbytes"))


def plain(arrays: Any) -> Any:
    """The arrays as NumPy's own: a memory map is a class of itself, which costs time wherever it is indexed."""
    return jax.tree.map(np.asarray, arrays)


def streams(execution: ExecutionConfig, source: Source | Bucketed) -> bool:
    """Whether the data of a source stream. What is generated, or gives no picks, never does."""
    if execution.data == "device" or not all(isinstance(part, Gathered) for part in buckets_of(source)):
        return False
    return execution.data == "stream" or size_of(source) > execution.device_data_gib * 2**30


class Shapes:
    """Of what makes the batches of a source that streams: `batches` of them, of every member, are a chunk.

    Args:
      source: its parts are `Gathered`.
      arrays: that they gather from.
      members: that have training batches of their own; None for the batches of evaluation.
      most: batches that are needed.
    """

    def __init__(self, source: Source | Bucketed, arrays: Any, members: int | None, most: int):
        parts: Any = list(buckets_of(source))
        self.parts = parts
        small = {name: arrays[name] for name in parts[0].picked_from}
        first, key = jnp.zeros((), jnp.int32), jax.random.key(0)
        picks = jax.device_get(
            [
                part.evaluation_pick(small, first) if members is None else part.training_pick(small, key, first)
                for part in parts
            ]
        )
        self.cuts = [jax.tree.map(lambda x: tuple(map(slice, x.shape)), pick) for pick in picks]
        """What is a part's own of a pick that has room for any of them."""
        made = [part.compact(arrays, pick) for part, pick in zip(parts, picks, strict=True)]
        self.largest = jax.tree.map(lambda *like: max(like, key=np.size), *made)
        """(arrays, pick) with room for those of any bucket, which differ in their first axis alone."""
        size = sum(x.nbytes for x in jax.tree.leaves(self.largest)) * (members or 1)
        self.batches = max(1, min(most, CHUNK_BYTES // max(1, size)))
        self.held = CHUNKS_HELD * self.batches * size
        """Bytes of all chunks that are in memory at most."""


class Chunked:
    """The batches of a chunk as a `Source`, so that a program need not know where its data come from.

    Its arrays are {"made": (arrays, picks) [k ...], "begin": Int[]}: what `Gathered.compact` gives for batches
    begin .. begin + k - 1, in the room that the largest bucket needs.
    """

    arrays: Any = ()

    def __init__(self, part: Any, cut: Any, batches: int):
        self.carried, self._part, self._cut, self.evaluation_batches = part.carried, part, cut, batches

    def training_batch(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Batch:
        return self.evaluation_batch(arrays, step - arrays["begin"])

    def evaluation_batch(self, arrays: Any, index: Int[Array, ""]) -> Batch:
        # Where a member has stopped its step stays behind: the index is brought into the chunk, for nobody's use.
        made, pick = jax.tree.map(lambda x: jax.lax.dynamic_index_in_dim(x, index, keepdims=False), arrays["made"])
        batch: Batch = self._part.gather(made, jax.tree.map(lambda x, cut: x[cut], pick, self._cut))
        return batch


def chunked(source: Source | Bucketed, shapes: Shapes) -> Source | Bucketed:
    """A source, seen through its chunks."""
    parts = tuple(Chunked(*one, shapes.batches) for one in zip(shapes.parts, shapes.cuts, strict=True))
    if not isinstance(source, Bucketed):
        return parts[0]
    seen = copy.copy(source)
    seen.buckets, seen.arrays = parts, {}
    return seen
