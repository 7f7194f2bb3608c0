"""The one training loop: evaluate, save, draw and step. In that order, so that a resume is exact.

What a checkpoint holds is what the loop needs to go on: the members' states and the bookkeeping below. Everything
random derives from the seed and the step, so nothing else is remembered.
"""

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lstm_research.results import files
from lstm_research.results.selection import best_index
from lstm_research.training import checkpoint, hosts
from lstm_research.training.population import Population
from lstm_research.training.state import TrainState
from lstm_research.types import DataError, Interrupted

LONGEST_DISPATCH = 500


@dataclass
class Standing:
    """How a member stands: what early stopping and the record need."""

    best_value: float | None = None
    """Best value of the selection metric on validation."""
    best_step: int | None = None
    valid: dict[str, float] = field(default_factory=dict)
    """Validation metrics at `best_step`."""
    since: int = 0
    """Evaluations since then."""
    loss_total: float = 0.0
    loss_count: float = 0.0
    """Training loss since the last evaluation."""
    steps: int = 0
    bad_step: int | None = None
    active: bool = True


@dataclass
class Progress:
    """What a progress bar shows."""

    step: int
    steps: int
    active: int
    """Members still training."""
    loss: float
    """Mean training loss of the members, as of the last dispatch."""
    values: list[float | None]
    """Best validation value of each member."""
    metric: str
    higher_is_better: bool

    @property
    def best(self) -> float | None:
        """Best validation value of any member."""
        index = best_index(self.values, self.higher_is_better)
        return None if index is None else self.values[index]


@dataclass
class Fitted:
    """Trained members."""

    state: TrainState
    standings: list[Standing]
    seconds: float
    """Wall seconds of training, over all sittings."""


def fit(
    population: Population,
    runs: Sequence[str],
    folder: Path,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    evaluated: Callable[[int, dict[str, Any]], None] = lambda step, row: None,
    stop: Callable[[], bool] = lambda: False,
    warn: Callable[[str], None] = lambda _: None,
) -> Fitted:
    """Train a population, going on from its last good checkpoint if there is one.

    Args:
      population: what to train.
      runs: the members' run ids, for `metrics.jsonl`.
      folder: the population's folder; `checkpoints/` and `metrics.jsonl` are written in it. The caller holds its lock.
      progress: called after every dispatch.
      evaluated: called for every member at every evaluation, with the line of `metrics.jsonl` as a dictionary.
      stop: asked after every dispatch; once true, the state is saved and Interrupted raised.
      warn: told of damaged checkpoints.

    Raises:
      Interrupted, DataError (all checkpoints damaged), ResourceError (disk full).
    """
    loop = _Loop(population, list(runs), folder, evaluated)
    loop.resume(warn)
    loop.run(progress, stop)
    return Fitted(loop.state, loop.standings, loop.seconds)


class _Loop:
    def __init__(
        self, population: Population, runs: list[str], folder: Path, evaluated: Callable[[int, dict[str, Any]], None]
    ):
        self.population, self.runs, self.evaluated = population, runs, evaluated
        self.training = population.static.training
        self.last = self.training.stop or self.training.steps
        self.checkpoints, self.metrics = folder / "checkpoints", folder / "metrics.jsonl"
        self.select, self.higher = population.task.spec.selection(self.training.select)
        self.standings = [Standing() for _ in runs]
        self.step, self.seconds, self.evaluated_at = 0, 0.0, -1
        self.saved = (-1, -1)
        self.state: TrainState

    def resume(self, warn: Callable[[str], None]) -> None:
        """Take the last good checkpoint, or start."""
        restored = checkpoint.load(self.checkpoints, self.population.abstract, warn)
        if restored is None:
            self.state = self.population.init()
            size = 0
        else:
            self.state = self.population.layout.place_members(restored.state)
            self.step, self.seconds = restored.step, restored.host["seconds"]
            self.evaluated_at = restored.host["evaluated_at"]
            self.saved = (self.step, self.evaluated_at)
            self.standings = [Standing(**row) for row in restored.host["standings"]]
            size = restored.host["metrics_bytes"]
        here = self.metrics.stat().st_size if self.metrics.exists() else 0
        if here < size:
            raise DataError(
                f"{self.metrics}: {here} bytes, but {size} were written up to step {self.step}: lines are lost; "
                "restore the file from a copy, or start these runs again with `lstm-research runs clean`"
            )
        if here and hosts.leads():
            os.truncate(self.metrics, size)  # lines after the checkpoint will be written again, the same

    def run(self, progress: Callable[[Progress], None], stop: Callable[[], bool]) -> None:
        saved = time.monotonic()
        every = self.training.eval_every
        dispatch = self.population.static.execution.steps_per_dispatch or min(every, LONGEST_DISPATCH)
        while True:
            began = time.monotonic()
            if self.evaluated_at < self.step and (self.step % every == 0 or self.step == self.last):
                self._evaluate()
            if self.evaluated_at == self.step:
                if self.step == self.last or not any(s.active for s in self.standings):
                    self.seconds += time.monotonic() - began
                    break
                if time.monotonic() - saved > 60 * self.population.static.execution.checkpoint_minutes:
                    self._save()
                    saved = time.monotonic()
            boundary = min((self.step // every + 1) * every, self.last)
            until = min(boundary, self.step + dispatch)
            self.state = self.population.train(self.state, until - self.step)
            self.step = until
            self._collect()
            if not any(s.active for s in self.standings):
                # Nothing moves up to there: what is written does not depend on the length of a dispatch.
                self.step = boundary
            self.seconds += time.monotonic() - began
            progress(self._progress())
            if hosts.agreed(stop()):
                self._save()
                raise Interrupted(self.step)
        self._save()

    def _collect(self) -> None:
        """What the dispatch did, from device to bookkeeping."""
        state = self.state
        steps, bad, active, loss = hosts.fetch((state.step, state.bad_step, state.active, state.loss))
        for p, standing in enumerate(self.standings):
            standing.steps = int(steps[p])
            standing.loss_total += float(loss.total[p])
            standing.loss_count += float(loss.count[p])
            standing.bad_step = None if bad[p] < 0 else int(bad[p])
            standing.active = bool(active[p])

    def _evaluate(self) -> None:
        """Evaluate on validation, keep the best, stop who has not improved for `patience` evaluations."""
        results = self.population.evaluate(self.state.params, "valid")
        improved, lines = [], []
        for standing, sums, run in zip(self.standings, results, self.runs, strict=True):
            was_active = standing.active
            values = {name: one.mean() for name, one in sums.items()}
            better = was_active and self._better(values[self.select], standing.best_value)
            improved.append(better)
            if better:
                standing.best_value, standing.best_step, standing.valid = values[self.select], self.step, values
                standing.since = 0
            elif was_active:
                standing.since += 1
                standing.active = self.training.patience is None or standing.since < self.training.patience
            # A member that froze since the last evaluation is shown once more, with the step that did it.
            if was_active or standing.loss_count:
                lines.append(self._line(run, standing, values))
            standing.loss_total = standing.loss_count = 0.0
        self.evaluated_at = self.step
        if hosts.leads():
            files.append(self.metrics, [json.dumps(line) for line in lines], durable=False)
        for line in lines:
            self.evaluated(self.step, line)
        self.state = self.population.keep_best(self.state, improved, [s.active for s in self.standings])

    def _line(self, run: str, standing: Standing, values: dict[str, float]) -> dict[str, Any]:
        train = standing.loss_total / standing.loss_count if standing.loss_count else math.nan
        finite = {name: value if math.isfinite(value) else None for name, value in values.items()}
        return {
            "run": run,
            "step": self.step,
            "train_loss": train if math.isfinite(train) else None,
            "valid": finite,
            "best_step": standing.best_step,
            "bad_step": standing.bad_step,
            "active": standing.active,
        }

    def _better(self, value: float, best: float | None) -> bool:
        if not math.isfinite(value):
            return False
        return best is None or (value > best if self.higher else value < best)

    def _save(self) -> None:
        if self.saved == (self.step, self.evaluated_at):
            return
        if hosts.leads() and self.metrics.exists():
            with open(self.metrics, "rb") as file:
                os.fsync(file.fileno())  # the checkpoint says how long it is
        host = {
            "standings": [asdict(standing) for standing in self.standings],
            "seconds": self.seconds,
            "evaluated_at": self.evaluated_at,
            "metrics_bytes": self.metrics.stat().st_size if self.metrics.exists() else 0,
        }
        checkpoint.save(self.checkpoints, self.step, hosts.fetch(self.state), host)
        self.saved = (self.step, self.evaluated_at)

    def _progress(self) -> Progress:
        loss = hosts.fetch(self.state.loss)
        total, count = np.asarray(loss.total)[: len(self.runs)], np.asarray(loss.count)[: len(self.runs)]
        trained = count > 0
        mean = float((total[trained] / count[trained]).mean()) if trained.any() else math.nan
        values = [s.best_value for s in self.standings]
        active = sum(s.active for s in self.standings)
        return Progress(self.step, self.last, active, mean, values, self.select, self.higher)
