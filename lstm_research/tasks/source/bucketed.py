"""`Bucketed`: batches of sequences of like length, so that little of them is padding.

Khomenko, Shyshkov, Radyvonenko & Bokhan, Accelerating recurrent neural network training using sequence bucketing and
multi-GPU data parallelization, DSMP 2016 (arXiv:1708.05604), section III. Less padding is bought with batches that are
less mixed: sequences of different buckets never meet in one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from lstm_research.recurrence import Batch
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.boundaries import boundaries, padded, share
from lstm_research.tasks.source.gathered import Gathered, Pick, few, in_order


class Gather(Protocol):
    """Makes a batch of `length` steps of the sequences `rows`; rows of weight 0 only fill it."""

    def __call__(self, arrays: Any, rows: Int[Array, " b"], weight: Float[Array, " b"], length: int) -> Batch: ...


@dataclass(frozen=True)
class Bucket(Gathered):
    """Sequences of like length: a `Source` whose batches have one shape. Its batches of an epoch begin at `place`."""

    picked_from: ClassVar[tuple[str, ...]] = ("by_length",)

    make: Gather
    begin: int
    """Rank of its longest sequence among all, by length."""
    size: int
    """Sequences."""
    rows: int
    """Sequences in a batch."""
    length: int
    """Steps in a batch: those of its longest sequence."""
    place: int
    """Batches of an epoch in the buckets before it."""
    per_epoch: int
    """Batches of an epoch, of all buckets."""
    carried: bool = False
    arrays: Any = ()  # those of the whole are handed to it

    @property
    def evaluation_batches(self) -> int:
        """Batches that hold each of its sequences once."""
        return -(-self.size // self.rows)

    def training_pick(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Pick:
        """Of an update for which `Bucketed.bucket` names this bucket; of no meaning for another update."""
        epoch, number = _drawn(key, step, self.per_epoch)
        order = jax.random.permutation(jax.random.fold_in(epoch, 1 + self.begin), self.size).astype(jnp.int32)
        return self._pick(arrays, order, number - self.place)

    def evaluation_pick(self, arrays: Any, index: Int[Array, ""]) -> Pick:
        return self._pick(arrays, jnp.arange(self.size, dtype=jnp.int32), index)

    def gather(self, arrays: Any, pick: Pick) -> Batch:
        return self.make(arrays, pick.rows, pick.weight, self.length)

    def compact(self, arrays: Any, pick: Pick) -> tuple[dict[str, Any], Pick]:
        return few(arrays, pick, self.length)

    def _pick(self, arrays: Any, order: Int[Array, " s"], index: Int[Array, ""]) -> Pick:
        ranks = in_order(index, self.rows, self.size)
        rank = self.begin + jnp.take(order, ranks.rows, mode="clip")
        return Pick(jnp.take(jnp.asarray(arrays["by_length"]), rank), ranks.weight)


class Bucketed:
    """Sequences parted by length into a few buckets, each a `Source` of its own; a batch is of one bucket.

    Training: in each epoch the sequences of a bucket are put in a new random order and cut into batches, and the
    batches of all buckets come in a random order, so that every sequence is seen once in an epoch. Every batch is
    full, but one of the shortest sequences where the batch size does not divide their number: rows of weight 0 fill it.

    Evaluation: bucket by bucket, each sequence once; the sums are those of any other way of batching.

    Args:
      lengths: int[s], steps of each sequence, at least 1.
      batch: sequences in a batch.
      waste: see `boundaries`. `padding` says what is kept: more, where `boundaries.MOST` buckets do not suffice.
      arrays: what `gather` reads.
      gather: makes a batch.
    """

    carried = False

    def __init__(self, lengths: np.ndarray, batch: int, waste: float, arrays: Mapping[str, Any], gather: Gather):
        order = np.argsort(-lengths, kind="stable").astype(np.int32)
        longest_first = lengths[order]
        begins = boundaries(longest_first, batch, waste)
        sizes = np.diff([*begins, len(lengths)])
        per_epoch, place, computed = -(-len(lengths) // batch), 0, 0
        buckets = []
        for begin, size in zip(begins, sizes.tolist(), strict=True):
            length = int(longest_first[begin])
            buckets.append(Bucket(gather, begin, size, min(batch, size), length, place, per_epoch))
            place += buckets[-1].evaluation_batches
            computed += int(padded(size, batch)) * length
        self.arrays = {**arrays, "by_length": order}
        self.buckets: tuple[Any, ...] = tuple(buckets)
        self._places, self._per_epoch = [bucket.place for bucket in buckets], per_epoch
        self.waste = waste
        self.padding = share(int(lengths.sum()), computed)
        """Share of padding among the steps computed in an epoch, fillers of a last batch included."""
        self.padding_unbucketed = share(int(lengths.sum()), len(lengths) * int(longest_first[0]))
        """The same with every sequence padded to the longest."""

    def bucket(self, key: Key[Array, ""], step: Int[Array, ""]) -> Int[Array, ""]:
        """Which of `buckets` makes the batch of an update. Pure, as `Source.training_batch` is."""
        _, number = _drawn(key, step, self._per_epoch)
        begins = jnp.array(self._places, jnp.int32)
        return jnp.sum(number >= begins, dtype=jnp.int32) - 1


def buckets_of(source: Source | Bucketed) -> tuple[Source, ...]:
    """Sources whose batches have one shape each: the buckets, or the source itself."""
    return source.buckets if isinstance(source, Bucketed) else (source,)


def _drawn(key: Key[Array, ""], step: Int[Array, ""], per_epoch: int) -> tuple[Key[Array, ""], Int[Array, ""]]:
    """Key of the epoch of an update, and which of the epoch's batches it takes."""
    epoch = jax.random.fold_in(key, step // per_epoch)
    order = jax.random.permutation(jax.random.fold_in(epoch, 0), per_epoch).astype(jnp.int32)
    return epoch, jnp.take(order, step % per_epoch)
