"""Regression: a number for a whole sequence, such as the cycles an engine has left.

With three steps of two sensors:

    sensor 1   0.1  0.5  0.2
    sensor 2   1.0  0.9  0.7     -> 61

Channels and answers are standardised by train alone; the output is the answer on that scale. Where the data have an
answer for every step, training shows every stretch of at most `window` steps with the answer at its end; validation
shows `cuts` stretches of each sequence, which end at even distances from its first step to its last, since sequences of
test are cut somewhere too; test asks at the last step alone.

Metrics: `mse`; of a whole split `rmse`, `mae` and `score`, a sum in which late is worse than early. Where answers are
capped, `rmse_uncapped` and `score_uncapped` are on the answers as they are.

Chance: the mean of train's answers, with their standard deviation as rmse there.

References: Saxena, Goebel, Simon & Eklund, PHM 2008 (score); Heimes, Recurrent neural networks for remaining useful
life
  estimation, PHM 2008 (the cap: wear shows late); Zheng, Ristovski, Farahat & Gupta, ICPHM 2017 (LSTM, windows).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt, Lt
from jaxtyping import Array, Float

from lstm_research import metrics
from lstm_research.data.channels import Channels, Show, check_show, fit_channels
from lstm_research.data.labelled import Labelled, LabelledSet
from lstm_research.metrics.whole import asymmetric_score
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Spec, Split
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.tasks.source.corpus import corpus
from lstm_research.tasks.source.stretches import Stretches
from lstm_research.types import ConfigError, Sum


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: sequence_regression, window: 30, cap: 125}"""

    takes: ClassVar[str] = "labelled sequences"

    window: Annotated[int, Ge(1)] | None = None
    """Steps that are seen at most, the last ones; None: all."""
    cap: Annotated[float, Gt(0)] | None = None
    """Answers above it count as it."""
    cuts: Annotated[int, Ge(1)] = 20
    """Stretches of each validation sequence, where there is an answer for every step."""
    show: Show | None = None
    """Of data with gaps, what the network sees: see `classification`."""
    clip: Annotated[float, Gt(0)] | None = None
    """Standardised values further from 0 than this are brought there."""
    select: Literal["rmse", "mae", "score"] = "rmse"
    """Validation metric that selects, lower being better."""
    bucket_waste: Annotated[float, Ge(0), Lt(1)] | None = None
    """Training batches of stretches of like length, so that at most this share of their steps is padding."""

    def build(self, data: LabelledSet) -> "SequenceRegression":
        """The task on its data. Raises ConfigError for a misfit of the two."""
        if data.classes:
            raise ConfigError(
                "task.kind=sequence_regression needs numbers, and these data have classes; take classification"
            )
        check_show(self.show, gaps=data.gaps)
        answers = np.concatenate(data.train.per_step) if data.train.per_step else data.train.answers
        answers = np.asarray(answers, np.float64) if self.cap is None else np.minimum(answers, self.cap)
        size = float(answers.std())
        fitted = {
            "channels": fit_channels(data.train).to_json(),
            "mean": float(answers.mean()),
            "size": size or 1.0,
            "data": data.described,
        }
        return SequenceRegression(self, data, fitted)

    def restored(self, fitted: dict[str, Any], data: LabelledSet, *, every: bool) -> "SequenceRegression":
        """The task of a finished run on new sequences, its split test."""
        if data.gaps and self.show is None:
            raise ConfigError("values are missing in the new sequences, and the run was trained on some without gaps")
        return SequenceRegression(self, data, fitted)


class SequenceRegression:
    """See the module's docstring. Outputs: Float[b 1]."""

    def __init__(self, config: Config, data: LabelledSet, fitted: dict[str, Any]):
        self.config, self.data, self.fitted, self.digest = config, data, fitted, data.digest
        self.channels = Channels.from_json(fitted["channels"])
        self._sources: dict[str, tuple[Any, ...]] = {}
        self.spec = Spec(
            inputs=self.channels.width(data.test, config.show), tokens=False, outputs=1,
            per_step=False, select=config.select, higher_is_better=False, causal=False,
        )  # fmt: skip

    baselines = ("mean_answer", "ridge_summary")

    def stretches(self, split: Split) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(flat float32[n d], start int32[s], length int32[s], answers float32[s]) of a split."""
        part: Labelled = getattr(self.data, split)
        laid = corpus(self.channels.seen(part, self.config.show, self.config.clip), beside=part.values)
        sequence, ends, answers = self._ends(part, split)
        most = self.config.window or int(laid.length.max())
        length = np.minimum(ends, most)
        start = laid.start[sequence] + ends - length
        return laid.flat, start.astype(np.int32), length.astype(np.int32), answers.astype(np.float32)

    def source(self, split: Split, batch: int) -> Source | Bucketed:
        if split not in self._sources:
            self._sources[split] = self.stretches(split)
        flat, start, length, answers = self._sources[split]
        return Stretches(flat, start, length, {"answer": answers}, batch).for_split(split, self.config.bucket_waste)

    def loss(self, outputs: Float[Array, "b 1"], batch: Batch) -> Sum:
        answers = (self._capped(batch.targets["answer"]) - self.fitted["mean"]) / self.fitted["size"]
        return metrics.squared_error(outputs[:, 0], answers, metrics.rows(batch))

    def metrics(self, outputs: Float[Array, "b 1"], batch: Batch) -> dict[str, Sum]:
        return {
            "mse": metrics.squared_error(self._raw(outputs), self._capped(batch.targets["answer"]), self._known(batch))
        }

    def keep(self, outputs: Float[Array, "b 1"], batch: Batch) -> dict[str, Any]:
        return {"predicted": self._raw(outputs), "answer": batch.targets["answer"]}

    def whole(self, kept: dict[str, Any]) -> dict[str, float]:
        predicted, answer = (np.asarray(kept[name], np.float64) for name in ("predicted", "answer"))
        known = ~np.isnan(answer)
        predicted, answer = predicted[known], answer[known]
        capped = answer if self.config.cap is None else np.minimum(answer, self.config.cap)
        found = _errors(predicted, capped)
        if self.config.cap is not None:
            found |= {f"{name}_uncapped": value for name, value in _errors(predicted, answer).items() if name != "mae"}
        return found

    def lines(self, kept: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What was kept of split test: a row for each sequence."""
        names = self.data.test.names or tuple(str(place) for place in range(1, len(kept["answer"]) + 1))
        for name, predicted, answer in zip(names, kept["predicted"], kept["answer"], strict=True):
            truth = None if np.isnan(answer) else float(answer)
            yield {"sequence": name, "predicted": float(predicted), "truth": truth}

    def chance(self) -> dict[str, float]:
        return {"rmse": self.fitted["size"]}

    def as_outputs(self, answers: np.ndarray) -> np.ndarray:
        """Answers [n] as a model would put them out, float32[n 1]."""
        return ((answers - self.fitted["mean"]) / self.fitted["size"]).astype(np.float32)[:, None]

    def _ends(self, part: Labelled, split: Split) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(sequence, steps up to its end, answer) of every stretch."""
        lengths = np.array([len(values) for values in part.values])
        if part.per_step is None or split == "test":
            return np.arange(len(lengths)), lengths, part.answers
        if split == "train":
            ends = [np.arange(1, length + 1) for length in lengths]
        else:
            cuts = [np.linspace(1, length, min(self.config.cuts, length)) for length in lengths]
            ends = [np.unique(np.round(cut).astype(np.int64)) for cut in cuts]
        sequence = np.repeat(np.arange(len(lengths)), [len(own) for own in ends])
        answers = [answer[own - 1] for answer, own in zip(part.per_step, ends, strict=True)]
        return sequence, np.concatenate(ends), np.concatenate(answers)

    def _raw(self, outputs: Array) -> Array:
        return outputs[:, 0] * self.fitted["size"] + self.fitted["mean"]

    def _capped(self, answers: Array) -> Array:
        return answers if self.config.cap is None else jnp.minimum(answers, self.config.cap)

    @staticmethod
    def _known(batch: Batch) -> Array:
        return metrics.rows(batch) & ~jnp.isnan(batch.targets["answer"])


def _errors(predicted: np.ndarray, answer: np.ndarray) -> dict[str, float]:
    off = predicted - answer
    return {
        "rmse": float(np.sqrt((off**2).mean())) if len(off) else float("nan"),
        "mae": float(np.abs(off).mean()) if len(off) else float("nan"),
        "score": asymmetric_score(predicted, answer),
    }
