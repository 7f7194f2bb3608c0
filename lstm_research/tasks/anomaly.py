"""Anomalies: steps of a series that a forecast from the steps before them did not expect.

With a context of 4, the step after | is forecast; if it is further off than the threshold, it is an alarm:

    seen      3  5  4  6 |
    forecast               5
    found                  40      -> alarm

The network learns to forecast the next step, from train alone. The threshold is the error that a share `false_alarms`
of the steps of validation exceeds; no label is used. Errors are of the standardised scale, the root of the mean square
over columns. A forecast of the next step is wrong where an anomaly begins, and adapts to it afterwards: so what counts
is whether a labelled window has an alarm, not each of its steps.

Metrics: `mse` and `mae` of the forecasts, on test of its own steps alone; of test `recall`, the share of labelled
windows with an alarm; `precision`, the share of alarms that lie in a window; `f1` of the two; and, without a threshold,
`auroc` and `auprc` of the errors against the steps of windows. Where test has no window, or no alarm, they are NaN, or
0.

Chance: the train mean as forecast, 0 on the standardised scale, with mse 1 on train.

References: Malhotra, Vig, Shroff & Agarwal, Long short term memory networks for anomaly detection in time series, ESANN
  2015; Ahmad, Lavin, Purdy & Agha, Neurocomputing 262, 2017 (windows).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt, Lt
from jaxtyping import Array, Float, Int, Key

from lstm_research.data.scaling import fit_scales
from lstm_research.data.series import Series, SeriesSet, described
from lstm_research.metrics.whole import auprc, auroc
from lstm_research.recurrence import Batch
from lstm_research.tasks import forecast
from lstm_research.tasks.base import Split
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.gathered import Gathered
from lstm_research.tasks.source.windows import Window, Windows
from lstm_research.types import ConfigError, Sum


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: anomaly, context: 48}"""

    takes: ClassVar[str] = "series"

    context: Annotated[int, Ge(1)]
    """Steps that are seen before the one that is forecast."""
    false_alarms: Annotated[float, Gt(0), Lt(1)] = 0.005
    """Share of the steps of validation that may be alarms: it sets the threshold."""
    loss: Literal["mse", "mae"] = "mse"
    """What the forecast minimises."""
    relative: bool = False
    """Inputs and forecasts less the last value seen."""
    segment: Annotated[int, Ge(1)] = 1
    """Steps of the context that the network sees as one; divides the context."""
    calendar: tuple[Literal["minute", "hour", "weekday", "day", "month"], ...] = ()
    """Seen in advance as a sine and a cosine each; needs data with time."""

    def check(self) -> None:
        """Raises ValueError for a segment that does not divide the context."""
        self._forecast.check()

    def build(self, data: SeriesSet) -> "Anomaly":
        """The task on its data. Raises ConfigError where a split has no window, or no column is forecast and seen."""
        if not any(one.anomalies for one in data.series):
            raise ConfigError(
                "task.kind=anomaly needs labelled windows to test on, and these data have none; take data such as "
                "data.kind=nab"
            )
        task = Anomaly(self._forecast, data, fit_scales(data), described(data))
        task.false_alarms = self.false_alarms
        task.check_windows()
        return task

    @property
    def _forecast(self) -> forecast.Config:
        return forecast.Config(
            context=self.context, horizon=1, loss=self.loss, relative=self.relative, segment=self.segment,
            calendar=self.calendar,
        )  # fmt: skip


class Anomaly(forecast.Forecast):
    """See the module's docstring. Outputs: Float[b k], the next values of k columns."""

    false_alarms: float

    @property
    def baselines(self) -> tuple[str, ...]:
        seasonal = ["seasonal_naive"] if self.data.season > 1 else []
        return ("mean", "last_value", *seasonal, "linear_ar")

    def source(self, split: Split, batch: int) -> Source:
        """Of test: validation once more, which sets the threshold, and then test."""
        return _Marked(self.windows(split, batch), self._first_scored(split))

    def loss(self, outputs: Float[Array, "b n"], batch: Batch) -> Sum:
        return super().loss(outputs, _scored(batch))

    def metrics(self, outputs: Float[Array, "b n"], batch: Batch) -> dict[str, Sum]:
        found = super().metrics(outputs, _scored(batch))
        return {name: found[name] for name in ("mse", "mae")}

    def keep(self, outputs: Float[Array, "b n"], batch: Batch) -> dict[str, Any]:
        off = self._shaped(outputs)[:, 0, :, 0] - batch.targets["values"][:, 0]
        return super().keep(outputs, batch) | {
            "error": jnp.sqrt((off**2).mean(axis=-1)),
            "scored": batch.targets["scored"],
        }

    def whole(self, kept: dict[str, Any]) -> dict[str, float]:
        scored = np.asarray(kept["scored"], bool)
        if scored.all():  # train or validation alone
            return {}
        alarm, error = self._alarms(kept), np.asarray(kept["error"], np.float64)
        origins = self.origins("test")
        inside = np.zeros(len(origins), bool)
        hits = []
        for number, one in enumerate(self.data.series):
            own = (origins[:, 0] == number) & scored
            for begin, end in one.anomalies:
                window = own & (origins[:, 1] >= begin) & (origins[:, 1] < end)
                if window.any():
                    inside |= window
                    hits.append(bool(alarm[window].any()))
        recall = float(np.mean(hits)) if hits else float("nan")
        precision = float(inside[alarm].mean()) if alarm.any() else 0.0
        both = precision + recall
        return {
            "precision": precision,
            "recall": recall,
            "f1": 2 * precision * recall / both if both > 0 else both,
            "auroc": auroc(inside[scored], error[scored]),
            "auprc": auprc(inside[scored], error[scored]),
        }

    def lines(self, kept: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What was kept of split test, a row for each step and column of it."""
        alarm = self._alarms(kept)
        rows = super().lines(kept)
        for place, scored in enumerate(np.asarray(kept["scored"], bool)):
            for _ in self.data.targets:
                row = next(rows)
                if scored:
                    yield row | {"error": float(kept["error"][place]), "alarm": bool(alarm[place])}

    def _alarms(self, kept: dict[str, Any]) -> np.ndarray:
        """bool[n]: steps of test whose error is above what `false_alarms` of validation exceed."""
        scored, error = np.asarray(kept["scored"], bool), np.asarray(kept["error"], np.float64)
        threshold = np.quantile(error[~scored], 1 - self.false_alarms, method="higher")
        return np.asarray(scored & (error > threshold))

    def _origins(self, one: Series, split: Split) -> tuple[int, int]:
        if split != "test":
            return super()._origins(one, split)
        return super()._origins(one, "valid")[0], super()._origins(one, "test")[1]

    def _first_scored(self, split: Split) -> np.ndarray:
        """int32[s]: the first origin of each series that counts."""
        return np.array([one.borders.valid if split == "test" else 0 for one in self.data.series], np.int32)


def _scored(batch: Batch) -> Batch:
    """Without the rows that only set the threshold."""
    return batch._replace(weight=jnp.where(batch.targets["scored"], batch.weight, jnp.zeros_like(batch.weight)))


class _Marked(Gathered):
    """Windows whose targets say which of them are `scored`."""

    picked_from = Windows.picked_from

    def __init__(self, windows: Windows, first: np.ndarray):
        self._windows = windows
        self.evaluation_batches = windows.evaluation_batches
        self.arrays = {**windows.arrays, "scored_from": first}

    def training_pick(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Window:
        return self._windows.training_pick(arrays, key, step)

    def evaluation_pick(self, arrays: Any, index: Int[Array, ""]) -> Window:
        return self._windows.evaluation_pick(arrays, index)

    def gather(self, arrays: Any, pick: Window) -> Batch:
        batch = self._windows.gather(arrays, pick)
        first = jnp.take(jnp.asarray(arrays["scored_from"]), batch.targets["series"])
        return batch._replace(targets=batch.targets | {"scored": batch.targets["origin"] >= first})

    def compact(self, arrays: Any, pick: Window) -> tuple[dict[str, Any], Window]:
        kept, place = self._windows.compact(arrays, pick)
        return kept | {"scored_from": arrays["scored_from"]}, place
