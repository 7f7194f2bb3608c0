"""Forecasting: the next `horizon` steps of a series from the `context` steps before them, all at once (direct), or a
`block` of them at a time, each from the forecasts before it (recursive).

With one column, a context of 4 and a horizon of 2, the origin being the step after |:

    seen      3  5  4  6 |
    forecast               5  7

An origin belongs to the split in which all of its forecast steps lie; the context may reach back into the split before,
never ahead. Every origin of validation and test is evaluated: a backtest with rolling origins. Columns are standardised
by mean and standard deviation of each series' train part, which later steps cannot change.

Outputs, for every step of the horizon and every target: its value (head `point`), mean and scale of a normal
distribution (`gaussian`), or its quantiles (`quantile`). Point forecasts are values, means and medians.

Metrics: `mse` and `mae` on the standardised scale, as tables of ETT have them; in the data's own units `mae_raw`,
`rmse_raw`, `smape` (percent, twice the difference over the sum of sizes) and `mase` (mean error over that of the
seasonal naive forecast inside train: Hyndman & Koehler, Another look at measures of forecast accuracy, 2006); at the
last step of the horizon `rse` and `corr` (Lai, Chang, Yang & Liu, arXiv:1703.07015, section 4.2). Heads that give
intervals add `coverage` (share of values inside) and `pinball` (mean over their quantiles) or `nll`.

Chance: the train mean, 0 on the standardised scale, with mse 1 on train.

References: Zhou et al., Informer, arXiv:2012.07436 (ETT, its splits and scale); Zeng, Chen, Zhang & Xu, Are
  Transformers Effective for Time Series Forecasting?, arXiv:2205.13504 (`relative`, there NLinear); Lin et al., SegRNN,
  arXiv:2308.11200 (`segment` and `apart` for recurrent networks).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt, Lt, MinLen
from jaxtyping import Array, Float

from lstm_research import metrics
from lstm_research.data.calendar import prolonged
from lstm_research.data.scaling import Scales, fit_scales
from lstm_research.data.series import Series, SeriesSet, apart, described
from lstm_research.metrics.forecast import errors, heads, of_split
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Spec, Split
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.recursive import rolled
from lstm_research.tasks.source.windows import Windows, lay
from lstm_research.types import ConfigError, Sum

FEW = 500
"""Windows up to which a model fitted anew at every origin makes a row."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: forecast, context: 96, horizon: 24}"""

    takes: ClassVar[str] = "series"

    context: Annotated[int, Ge(1)]
    """Steps that are seen before an origin."""
    horizon: Annotated[int, Ge(1)]
    """Steps that are forecast."""
    head: Literal["point", "gaussian", "quantile"] = "point"
    """What is said of each step: a value, a normal distribution, or quantiles."""
    loss: Literal["mse", "mae"] = "mse"
    """What a point forecast minimises; the other heads have their own."""
    quantiles: Annotated[tuple[Annotated[float, Gt(0), Lt(1)], ...], MinLen(3)] = (0.1, 0.5, 0.9)
    """Levels of the quantile head, ascending, the middle one 0.5; the outer ones make the interval. The interval of the
    gaussian head has their levels too."""
    relative: bool = False
    """Inputs and answers less the last value seen: for series whose level wanders."""
    apart: bool = False
    """Make a series of its own of every target column, all forecast by the same weights, none seeing another."""
    segment: Annotated[int, Ge(1)] = 1
    """Steps of the context that the network sees as one, side by side: fewer and wider steps. Divides the context."""
    block: Annotated[int, Ge(1)] | None = None
    """Steps that are learned and forecast at once; further ones are forecast from those forecasts. None: all at once.
    """
    calendar: tuple[Literal["minute", "hour", "weekday", "day", "month"], ...] = ()
    """Seen in advance as a sine and a cosine each; needs data with time."""
    select: Literal["mse", "mae", "smape", "mase"] = "mse"
    """Validation metric that selects, lower being better."""

    def check(self) -> None:
        """Raises ValueError for quantiles without a middle, or out of order."""
        levels = self.quantiles
        if sorted(set(levels)) != list(levels) or len(levels) % 2 == 0 or levels[len(levels) // 2] != 0.5:
            raise ValueError(f"quantiles={list(levels)}: needs ascending levels, an odd number of them, the middle 0.5")
        if self.context % self.segment:
            raise ValueError(f"segment={self.segment} does not divide context={self.context}")
        if self.block is not None and (self.head != "point" or self.calendar or self.block % self.segment):
            raise ValueError(
                f"block={self.block}: forecasts are fed back as points, of whole segments, with no calendar; set "
                "head=point, leave calendar out, and make it a multiple of segment"
            )

    def build(self, data: SeriesSet) -> "Forecast":
        """The task on its data.

        Raises ConfigError where a split has no window, or `calendar` is asked of data without time.
        """
        new_rows = described(data)
        data = apart(data) if self.apart else data
        if self.block is not None and (len(data.targets) < len(data.columns) or data.series[0].known is not None):
            raise ConfigError(
                f"task.block={self.block}: what is seen must be forecast, to be fed back; leave the other columns "
                "out, or forecast all at once"
            )
        task = Forecast(self, data, fit_scales(data), new_rows)
        task.check_windows()
        return task

    def restored(self, fitted: dict[str, Any], data: SeriesSet, *, every: bool) -> "Forecast":
        """The task of a finished run on new data, fitting nothing: what comes after the end of each series.

        Args:
          fitted: of the task that was trained.
          data: the series; their borders do not matter.
          every: forecast at every origin with a whole context, not only at the end.

        Raises ConfigError for a series that the run has not seen.
        """
        data = apart(data) if self.apart else data
        scales = Scales.from_json(fitted["scales"]).of([one.name for one in data.series])
        return Forecast(self, data, scales, fitted["data"], "every" if every else "end")


class Forecast:
    """See the module's docstring. Outputs: Float[b horizon*k*q], for k targets and q numbers each."""

    def __init__(
        self,
        config: Config,
        data: SeriesSet,
        scales: Scales,
        new_rows: dict[str, Any],
        new: Literal["every", "end"] | None = None,
    ):
        self.config, self.data, self.digest, self.scales = config, data, data.digest, scales
        self._new, self._new_rows = new, new_rows
        self.head = heads(config.head, config.quantiles, config.loss)
        self._laid = [
            lay(one, mean, size, config.horizon, config.calendar)
            for one, mean, size in zip(data.series, scales.mean, scales.size, strict=True)
        ]
        names = (len(data.columns), self._laid[0].covariates.shape[1], len(self._laid[0].static))
        self.spec = Spec(
            inputs=sum(names) * config.segment,
            tokens=False,
            outputs=(config.block or config.horizon) * len(data.targets) * self.head.width,
            per_step=False,
            select=config.select,
            higher_is_better=False,
            causal=False,
        )

    @property
    def baselines(self) -> tuple[str, ...]:
        always = ("mean", "last_value", "drift", *(["seasonal_naive"] if self.data.season > 1 else []))
        few = len(self.origins("test")) <= FEW
        return (*always, "linear_ar", "gradient_boosting", *(["ets", "arima"] if few else []))

    @property
    def fitted(self) -> dict[str, Any]:
        return {"scales": self.scales.to_json(), "data": self._new_rows}

    def source(self, split: Split, batch: int) -> Source:
        return self.windows(split, batch)

    def windows(self, split: Split, batch: int) -> Windows:
        """The windows of a split, batch by batch."""
        laid = [
            one._replace(origins=self._origins(series, split))
            for one, series in zip(self._laid, self.data.series, strict=True)
        ]
        return Windows(
            laid,
            self.data.targets,
            batch,
            self.config.context,
            # What is fed back is learned block by block.
            self.config.block or self.config.horizon if split == "train" else self.config.horizon,
            relative=self.config.relative,
            segment=self.config.segment,
        )

    def rolled(self, apply: Callable[[Batch], Array], batch: Batch) -> Array:
        """Outputs for the whole horizon, of a model that gives a block."""
        if self.config.block is None:
            return apply(batch)
        columns, segment = len(self.data.targets), self.config.segment
        return rolled(apply, batch, self.config.horizon, columns, segment, self.config.relative)

    def loss(self, outputs: Float[Array, "b n"], batch: Batch) -> Sum:
        return metrics.summed(self.head.loss(self._shaped(outputs), batch.targets["values"]), self._counted(batch))

    def metrics(self, outputs: Float[Array, "b n"], batch: Batch) -> dict[str, Sum]:
        parts = self._shaped(outputs)
        values, counted = batch.targets["values"], self._counted(batch)
        point = self.head.point(parts)
        found = {"mse": (point - values) ** 2, "mae": jnp.abs(point - values)}
        found |= errors(self._raw(point, batch), self._raw(values, batch), self._per_series(batch, "naive")[:, None])
        found |= self.head.more(parts, values)
        return {name: metrics.summed(error, counted) for name, error in found.items()}

    def keep(self, outputs: Float[Array, "b n"], batch: Batch) -> dict[str, Any]:
        parts = self._shaped(outputs)
        kept = {"forecast": self.head.point(parts), "truth": batch.targets["values"]}
        kept |= dict(zip(("low", "high"), self.head.interval(parts), strict=False))
        return {name: self._raw(x, batch) for name, x in kept.items()} | {"seen": batch.targets["seen"]}

    def whole(self, kept: dict[str, Any]) -> dict[str, float]:
        return of_split(kept["forecast"], kept["truth"], kept["seen"])

    def lines(self, kept: dict[str, Any]) -> Iterator[dict[str, Any]]:
        times = [None if one.time is None else prolonged(one.time, self.config.horizon) for one in self.data.series]
        for place, (series, origin) in enumerate(self.origins("test")):
            for step in range(self.config.horizon):
                for number, column in enumerate(self.data.targets):
                    time, seen = times[series], bool(kept["seen"][place, step])
                    row = {"series": self.data.series[series].name, "origin": int(origin), "step": step + 1}
                    if time is not None:
                        row["time"] = str(time[origin + step].astype("datetime64[s]"))
                    row["column"] = self.data.columns[column]
                    for name in ("forecast", "low", "high"):
                        if name in kept:
                            row[name] = float(kept[name][place, step, number])
                    yield row | {"truth": float(kept["truth"][place, step, number]) if seen else None}

    def chance(self) -> dict[str, float]:
        return {"mse": 1.0}

    def as_outputs(self, split: Split, forecasts: np.ndarray) -> np.ndarray:
        """Forecasts in the data's own units [n horizon k], in the order of `origins`, as a model would put them out."""
        series, first = self.origins(split).T
        mean, size = (x[series][:, None, self._columns] for x in (self.scales.mean, self.scales.size))
        scaled = (forecasts - mean) / size
        if self.config.relative:
            last = np.stack([self._laid[s].values[o - 1, self._columns] for s, o in zip(series, first, strict=True)])
            scaled = scaled - last[:, None]
        return self.head.outputs_of(scaled.astype(np.float32)).reshape(len(forecasts), -1)

    def origins(self, split: Split) -> np.ndarray:
        """int[n 2]: series and origin of every window of a split, in the order of evaluation."""
        every = [np.arange(*self._origins(one, split), dtype=np.int64) for one in self.data.series]
        return np.concatenate([np.stack([np.full_like(own, n), own], axis=1) for n, own in enumerate(every)])

    def known(self, origins: np.ndarray) -> np.ndarray:
        """float32[n horizon m]: what the network is told of the steps after each origin; m may be 0."""
        told = [np.hstack([one.covariates, np.tile(one.static, (len(one.covariates), 1))]) for one in self._laid]
        return np.stack([told[series][origin : origin + self.config.horizon] for series, origin in origins])

    @property
    def _columns(self) -> list[int]:
        return list(self.data.targets)

    def _origins(self, one: Series, split: Split) -> tuple[int, int]:
        """First origin of a split, and the one after the last: all forecast steps lie in the split."""
        borders, horizon = one.borders, self.config.horizon
        if self._new is not None:
            steps = len(one.values)
            return (steps if self._new == "end" else min(self.config.context, steps)), steps + 1
        begin, end = {
            "train": (min(self.config.context, borders.train - horizon), borders.train),
            "valid": (borders.train, borders.valid),
            "test": (borders.valid, borders.test),
        }[split]
        return max(begin, 1), max(begin, 1, end - horizon + 1)

    def check_windows(self) -> None:
        for split in ("train", "valid", "test"):
            if not sum(max(0, last - first) for first, last in (self._origins(s, split) for s in self.data.series)):
                longest = max(self.data.series, key=lambda s: len(s.values))
                raise ConfigError(
                    f"task.horizon={self.config.horizon} with task.context={self.config.context}: no window fits into "
                    f"{split}; the longest series, {longest.name!r}, has splits that end at steps "
                    f"{', '.join(map(str, longest.borders))}; shorten the horizon, or give more rows"
                )

    def _shaped(self, outputs: Array) -> Array:
        """[b h k q], h the horizon, or a block."""
        return outputs.reshape(outputs.shape[0], -1, len(self.data.targets), self.head.width)

    def _counted(self, batch: Batch) -> Array:
        rows = metrics.rows(batch)[:, None, None] & batch.targets["seen"][..., None]
        return jnp.broadcast_to(rows, batch.targets["values"].shape)

    def _per_series(self, batch: Batch, what: str) -> Array:
        """[b k] of a scale, for the targets of each row's series."""
        table = getattr(self.scales, what)[:, self._columns].astype(np.float32)
        return jnp.take(jnp.asarray(table), batch.targets["series"], axis=0)

    def _raw(self, values: Array, batch: Batch) -> Array:
        """Standardised [b horizon k] in the data's own units."""
        if self.config.relative:
            values = values + batch.targets["last"][:, None]
        return values * self._per_series(batch, "size")[:, None] + self._per_series(batch, "mean")[:, None]
