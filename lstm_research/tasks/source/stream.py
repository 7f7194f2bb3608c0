"""`Stream`: next-step prediction in windows of truncated backpropagation, the carry handed on."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from lstm_research.recurrence import Batch
from lstm_research.tasks.source.corpus import corpus
from lstm_research.tasks.source.gathered import Gathered


class Line(NamedTuple):
    """What makes a training window."""

    found: Any
    """Int[t b]: which step of the corpus stands where; anything where none does."""
    window: Any
    """Int[]: which of the epoch."""
    total: Any
    """Int[]: steps of an epoch."""


class Dealt(NamedTuple):
    """What makes an evaluation window."""

    found: Any
    """Int[t b]: which step of the corpus stands where, -1 for none."""


class Stream(Gathered):
    """Sequences end to end in `batch` rows, cut in windows. Target t is step t; input t is the step before it in its
    sequence, at a sequence's first step `start`, and that step also resets the carry.

    Training: in each epoch the sequences are laid out in a new random order, the line is cut into `batch` rows of equal
    length, and the rows into windows. A row begins with a reset, in the middle of a sequence if it must; what is left
    over at the ends of rows is masked. Every step is seen exactly once in an epoch.

    Evaluation: no sequence is cut. Whole sequences are dealt to the rows, longest first to the shortest row, so that
    the values do not depend on the batch size; the ends of rows are masked.

    Args:
      sequences: arrays [t d] of t >= 1; or [t], of tokens.
      batch: rows.
      window: steps in a window.
      start: what stands before a sequence: a token, or the value of every feature.
    """

    carried = True
    picked_from = ("start", "length", "dealt")

    def __init__(self, sequences: list[np.ndarray], batch: int, window: int, start: int = 0):
        self._batch, self._start = batch, start
        self._window = window
        self._sequences = len(sequences)
        self._row = -(-sum(len(sequence) for sequence in sequences) // batch)
        self.windows_per_epoch = -(-self._row // window)
        laid = corpus(sequences)
        dealt = _deal(laid.start, laid.length, batch, window)
        first = np.zeros(len(laid.flat), bool)
        first[laid.start] = True
        self.arrays = {**laid._asdict(), "first": first, "dealt": dealt}
        self.evaluation_batches = len(dealt) // window

    def training_pick(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Line:
        epoch, window = step // self.windows_per_epoch, step % self.windows_per_epoch
        order = jax.random.permutation(jax.random.fold_in(key, epoch), self._sequences).astype(jnp.int32)
        length = jnp.take(arrays["length"], order)
        ends = jnp.cumsum(length, dtype=jnp.int32)
        line, _ = self._line(window)
        rank = jnp.minimum(jnp.searchsorted(ends, line, side="right").astype(jnp.int32), self._sequences - 1)
        before = jnp.take(ends, rank) - jnp.take(length, rank)
        found = jnp.take(arrays["start"], jnp.take(order, rank)) + line - before
        return Line(found, window, ends[-1])

    def evaluation_pick(self, arrays: Any, index: Int[Array, ""]) -> Dealt:
        return Dealt(jax.lax.dynamic_slice_in_dim(jnp.asarray(arrays["dealt"]), index * self._window, self._window))

    def gather(self, arrays: Any, pick: Line | Dealt) -> Batch:
        if isinstance(pick, Dealt):
            mask, row_start = pick.found >= 0, jnp.zeros((self._window, 1), bool)
            found = jnp.maximum(pick.found, 0)
        else:
            line, column = self._line(pick.window)
            mask, row_start = (column < self._row) & (line < pick.total), column == 0
            found = jnp.where(mask, pick.found, 0)
        first = jnp.take(arrays["first"], found, mode="clip")

        def at(places: Array, known: Array, other: int) -> Array:
            steps = jnp.take(arrays["flat"], places, axis=0, mode="clip")
            steps = steps.astype(jnp.int32 if steps.ndim == 2 else jnp.float32)
            return jnp.where(known if steps.ndim == 2 else known[..., None], steps, jnp.asarray(other, steps.dtype))

        return Batch(
            inputs=at(found - 1, mask & ~first, self._start),
            targets=at(found, mask, 0),
            mask=mask,
            reset=mask & (first | row_start),
            weight=jnp.ones(self._batch, jnp.float32),
        )

    def compact(self, arrays: Any, pick: Line | Dealt) -> tuple[dict[str, Any], Line | Dealt]:
        # Every step is sent with the one before it: that is its input.
        found = np.clip(pick.found, 0, len(arrays["flat"]) - 1).reshape(-1)
        both = np.stack([np.maximum(found - 1, 0), found], axis=1).reshape(-1)
        local = (2 * np.arange(found.size, dtype=np.int32) + 1).reshape(pick.found.shape)
        kept = {name: arrays[name][both] for name in ("flat", "first")}
        return kept, pick._replace(found=np.where(pick.found < 0, np.int32(-1), local))

    def _line(self, window: Int[Array, ""]) -> tuple[Int[Array, "t b"], Int[Array, "t 1"]]:
        """(place in the line of an epoch, column in its row) of the steps of a window."""
        column = (window * self._window + jnp.arange(self._window, dtype=jnp.int32))[:, None]
        return jnp.arange(self._batch, dtype=jnp.int32)[None, :] * self._row + column, column


def _deal(start: np.ndarray, length: np.ndarray, batch: int, window: int) -> np.ndarray:
    """int32[t b]: which step of the corpus stands where, -1 for none; t is a multiple of the window."""
    rows: list[list[int]] = [[] for _ in range(batch)]
    filled = np.zeros(batch, np.int64)
    for sequence in np.argsort(-length, kind="stable"):
        row = int(np.argmin(filled))
        rows[row].append(int(sequence))
        filled[row] += length[sequence]
    dealt = np.full((-(-int(filled.max()) // window) * window, batch), -1, np.int32)
    for column, sequences in enumerate(rows):
        if sequences:
            found = np.concatenate([start[s] + np.arange(length[s]) for s in sequences])
            dealt[: len(found), column] = found
    return dealt
