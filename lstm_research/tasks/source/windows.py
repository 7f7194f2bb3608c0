"""`Windows`: a stretch of a series, and what comes after it."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from lstm_research.data.calendar import of, prolonged
from lstm_research.data.mapped import beside, joined, pieces, stretches
from lstm_research.data.series import Series
from lstm_research.recurrence import Batch
from lstm_research.tasks.source.gathered import Gathered, in_order
from lstm_research.tasks.source.order import epoch_rows
from lstm_research.types import ConfigError


class Laid(NamedTuple):
    """One series, scaled, and where windows may be cut from it; origin o is the first step that is forecast."""

    values: np.ndarray
    """float32[t k], all columns."""
    covariates: np.ndarray
    """float32[t + horizon, m], what is known in advance; m may be 0."""
    static: np.ndarray
    """float32[s], true of the whole series; s may be 0."""
    origins: tuple[int, int]
    """Origins are first .. last-1; those up to t may be asked for, where nothing after the end is known."""


def lay(one: Series, mean: np.ndarray, size: np.ndarray, ahead: int, calendar: tuple[str, ...]) -> Laid:
    """A series for `Windows`, without origins.

    What is known in advance is known `ahead` steps further; where the data do not say it, it stays as it was last.

    Args:
      mean, size: float64[k], of its columns.
      calendar: see `data.calendar.features`.

    Raises ConfigError where there is a calendar and no time.
    """
    if calendar and one.time is None:
        raise ConfigError("task.calendar is given, but the data have no time; leave it out, or name the column")
    values = beside(one.values, one.values.shape)
    for piece in pieces(one.values, values):
        values[piece] = (one.values[piece] - mean) / size
    columns = 0 if one.known is None else one.known.shape[1]
    known = beside(one.values, (len(one.values) + ahead, columns + 2 * len(calendar)))
    stamps = prolonged(one.time, ahead) if calendar and one.time is not None else None
    for piece in pieces(known):
        if one.known is not None:
            # It may be known further ahead than it is asked for, or not as far.
            known[piece, :columns] = one.known[np.minimum(np.arange(piece.start, piece.stop), len(one.known) - 1)]
        if stamps is not None:
            known[piece, columns:] = of(stamps[piece], calendar)
    static = np.zeros(0) if one.static is None else one.static
    return Laid(values, known, static.astype(np.float32), (0, 0))


class Window(NamedTuple):
    """Which windows make a batch, and where they lie: Int[b] all, but for `weight`, Float[b]."""

    series: Any
    origin: Any
    length: Any
    """Steps of the series."""
    begin: Any
    """Where its first step is in `values`."""
    ahead: Any
    """Where its first step is in `covariates`."""
    still: Any
    """Its row of `static`."""
    weight: Any


class Windows(Gathered):
    """Every origin of every series with `context` steps before it and `horizon` steps after it.

    Inputs at step t: all columns at t, the covariates of step t + horizon (so that the last steps of the context show
    those of the whole horizon), and what is static. A context that would begin before its series is padded in front.
    Targets: `values` Float[b horizon k], 0 where the series has ended; `seen` Bool[b horizon]; `last` Float[b k], the
    last values of the context; `series` and `origin` Int[b].

    Training: origins in a new random order each epoch. Evaluation: series by series, in time order.

    Args:
      laid: the series.
      targets: columns that are forecast.
      batch: windows in a batch.
      context: steps that are seen.
      horizon: steps that are forecast.
      relative: inputs and targets less the last value of the context, column by column.
      segment: steps of the context that are shown as one, side by side; it divides the context.
    """

    picked_from = ("ends", "first", "begin", "steps")

    def __init__(
        self,
        laid: list[Laid],
        targets: tuple[int, ...],
        batch: int,
        context: int,
        horizon: int,
        *,
        relative: bool,
        segment: int = 1,
    ):
        counts = np.array([max(0, one.origins[1] - one.origins[0]) for one in laid], np.int64)
        self.windows = int(counts.sum())
        if not 0 < self.windows < 2**31:
            raise ValueError(f"{self.windows} windows; needs at least one, and fewer than 2^31")
        self._batch, self._context, self._horizon, self._relative = batch, context, horizon, relative
        self._segment = segment
        self._targets = np.array(targets, np.int32)
        steps = np.array([len(one.values) for one in laid])
        self.arrays = {
            "values": joined([one.values for one in laid]),
            "covariates": joined([one.covariates for one in laid]),
            "static": np.stack([one.static for one in laid]),
            "begin": (np.cumsum(steps) - steps).astype(np.int32),
            "steps": steps.astype(np.int32),
            "first": np.array([one.origins[0] for one in laid], np.int32),
            "ends": np.cumsum(counts).astype(np.int32),
        }
        self.evaluation_batches = -(-self.windows // batch)

    def training_pick(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Window:
        rows = epoch_rows(key, step, self._batch, self.windows)
        return self._placed(arrays, rows, jnp.ones(self._batch, jnp.float32))

    def evaluation_pick(self, arrays: Any, index: Int[Array, ""]) -> Window:
        return self._placed(arrays, *in_order(index, self._batch, self.windows))

    def _placed(self, arrays: Any, rows: Int[Array, " b"], weight: Float[Array, " b"]) -> Window:
        ends = jnp.asarray(arrays["ends"])
        rows = jnp.minimum(rows, self.windows - 1)
        series = jnp.searchsorted(ends, rows, side="right").astype(jnp.int32)
        before = jnp.where(series > 0, jnp.take(ends, jnp.maximum(series - 1, 0)), 0)
        origin = jnp.take(arrays["first"], series) + rows - before
        begin, length = jnp.take(arrays["begin"], series), jnp.take(arrays["steps"], series)
        # Covariates run `horizon` steps further than their series.
        return Window(series, origin, length, begin, begin + series * self._horizon, series, weight)

    def gather(self, arrays: Any, pick: Window) -> Batch:
        series, origin, length, begin, ahead, still, weight = pick
        t = origin[None, :] + jnp.arange(-self._context, 0, dtype=jnp.int32)[:, None]
        mask = (t >= 0) & (weight > 0)[None, :]
        seen = jnp.take(arrays["values"], begin[None, :] + jnp.maximum(t, 0), axis=0)
        last = jnp.take(arrays["values"], begin + origin - 1, axis=0)
        if self._relative:
            seen = seen - last[None]
        known = jnp.take(arrays["covariates"], ahead[None, :] + jnp.maximum(t, 0) + self._horizon, axis=0)
        static = jnp.take(arrays["static"], still, axis=0)
        static = jnp.broadcast_to(static[None], (self._context, *static.shape))
        inputs = jnp.where(mask[..., None], jnp.concatenate([seen, known, static], axis=-1), 0.0)
        if self._segment > 1:
            steps, b, d = self._context // self._segment, *inputs.shape[1:]
            inputs = jnp.moveaxis(inputs.reshape(steps, self._segment, b, d), 1, 2)
            inputs = inputs.reshape(steps, b, self._segment * d)
            mask = mask.reshape(steps, self._segment, b).any(axis=1)

        after = origin[:, None] + jnp.arange(self._horizon, dtype=jnp.int32)[None, :]
        there = after < length[:, None]
        place = jnp.where(there, begin[:, None] + after, 0)
        last = jnp.take(last, self._targets, axis=1)
        values = jnp.take(jnp.take(arrays["values"], place, axis=0), self._targets, axis=2)
        if self._relative:
            values = values - last[:, None]
        targets = {
            "values": jnp.where(there[..., None], values, 0.0),
            "seen": there,
            "last": last,
            "series": series,
            "origin": origin,
        }
        return Batch(inputs=inputs, targets=targets, mask=mask, reset=jnp.zeros_like(mask), weight=weight)

    def compact(self, arrays: Any, pick: Window) -> tuple[dict[str, Any], Window]:
        each, rows = self._context + self._horizon, np.arange(self._batch, dtype=np.int32)
        first = pick.origin - np.int32(self._context)
        # What lies before a series, or after it, is never looked at.
        values = stretches(arrays["values"], pick.begin + first, each)
        known = stretches(arrays["covariates"], pick.ahead + first + np.int32(self._horizon), self._context)
        kept = {
            "values": values.reshape(self._batch * each, values.shape[2]),
            "covariates": known.reshape(self._batch * self._context, known.shape[2]),
            "static": arrays["static"][pick.still],
        }
        begin = rows * np.int32(each) - first
        ahead = rows * np.int32(self._context) - first - np.int32(self._horizon)
        return kept, pick._replace(begin=begin, ahead=ahead, still=rows)
