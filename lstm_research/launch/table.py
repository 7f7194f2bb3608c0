"""An experiment from its file to its table: run what is missing, choose on validation, open test once.

JAX is imported only where something must be resolved, run or evaluated: a table whose runs are all there needs none.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from lstm_research.config.fields import kind_name
from lstm_research.config.load import Draft, draft, resolve
from lstm_research.config.nearest import unknown
from lstm_research.config.schema import RunConfig
from lstm_research.launch.memo import remembered
from lstm_research.launch.plan import Run
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.experiment import Asked, Experiment, Request
from lstm_research.results.lines import Line, collect
from lstm_research.results.record import Evaluation, Record
from lstm_research.results.rows import Row, settings
from lstm_research.results.selection import choose
from lstm_research.results.table import check_sizes
from lstm_research.types import ConfigError


class Requests:
    """What an experiment's rows mean: configs, runs, naive results.

    Args:
      tasks: where data is.
      overrides: laid over every config; of the `execution` section only, since a table's numbers are its own.
      prepare: called before JAX is used.
    """

    def __init__(self, tasks: Tasks, overrides: Sequence[str] = (), prepare: Callable[[], None] = lambda: None):
        if astray := [one for one in overrides if not one.startswith("execution.")]:
            raise ConfigError(f"override {astray[0]!r}: a table runs its own settings; only execution.* may be given")
        self.tasks, self.overrides, self.prepare = tasks, list(overrides), prepare
        self._runs: dict[Request, list[Run]] = {}
        self._drafts: dict[str, Draft] = {}

    def asked(self, requests: Sequence[Request]) -> list[Asked]:
        """The runs of requests, by id. Raises ConfigError, DataError."""
        found: list[Asked] = []
        for request in requests:
            ids = self._answer(
                "runs", request.config, request.overrides, partial(self._ids, request), list(request.seeds)
            )
            found += [
                Asked(row=request.row, setting=request.setting, seed=seed, run=run)
                for seed, run in zip(request.seeds, ids, strict=True)
            ]
        return found

    def runs(self, requests: Sequence[Request]) -> list[Run]:
        """The runs of requests, to be made: each once."""
        return list({run.id: run for request in requests for run in self._resolved(request)}.values())

    def naive(self, experiment: Experiment) -> dict[str, dict[str, float]]:
        """Test metrics of the naive rows, by row key."""

        def compute(row: Row) -> dict[str, float]:
            from lstm_research import baselines

            task = self.tasks[self._config(row.config, row.overrides)]
            return baselines.evaluate(str(row.naive), task, "test")

        return {
            row.key: self._answer("naive", row.config, row.overrides, partial(compute, row), row.naive)
            for row in experiment.naive()
        }

    def check_sizes(self, experiment: Experiment) -> None:
        """Raises ConfigError where rows are not of matched size: before anything is trained."""
        from lstm_research.config.traced import split
        from lstm_research.launch.execute import count_parameters

        for group in experiment.groups if experiment.sizes == "matched" else ():
            sizes = {}
            for row in experiment.trained():
                if row.group == group.key:
                    config = self._config(row.config, row.overrides)
                    sizes[row.label] = count_parameters(split(config)[0], self.tasks[config])
            check_sizes(experiment, group.key, sizes)

    def _ids(self, request: Request) -> list[str]:
        return [run.id for run in self._resolved(request)]

    def _resolved(self, request: Request) -> list[Run]:
        if request not in self._runs:
            self.prepare()
            config = self._config(request.config, request.overrides)
            self._runs[request] = self.tasks.runs(replace(config, seeds=request.seeds))
        return self._runs[request]

    def _config(self, name: str, overrides: Sequence[str]) -> RunConfig:
        return resolve(self._draft(name), [*overrides, *self.overrides])

    def _draft(self, name: str) -> Draft:
        if name not in self._drafts:
            self._drafts[name] = draft(name)
        return self._drafts[name]

    def _answer(self, what: str, config: str, overrides: Sequence[str], compute: Callable[[], Any], more: Any) -> Any:
        """`compute()`, remembered unless it depends on code or runs of the user's own."""

        def ours() -> bool:
            made = self._config(config, overrides)
            kinds = (made.task, made.model.cell, made.optimizer)
            # Where data have a path, they are a file of the user's own, which may change.
            return (
                not any("." in kind_name(kind) for kind in kinds)
                and made.model.init_from is None
                and not hasattr(made.data, "path")
            )

        def computed() -> Any:
            self.prepare()
            return compute()

        data = self._draft(config).data
        return remembered([what, data, list(overrides), self.overrides, more], computed, keep=ours)


def gather(experiment: Experiment, requests: Requests, watch: Watch, committed: Iterable[Line] = ()) -> list[Line]:
    """The lines of an experiment: what the store lacks is run, and test is opened for the runs that are reported.

    Tuning runs are made first and never tested, unless they are also among the final ones.

    Args:
      committed: lines whose runs count as finished.
    """
    store = requests.tasks.store
    lines = {line.run: line for line in committed if line.run}
    records = {run: _as_record(line) for run, line in lines.items()}
    tested = {run: _as_evaluation(line, experiment.metric) for run, line in lines.items() if not math.isnan(line.test)}

    naive = requests.naive(experiment)
    for row, values in naive.items():
        if experiment.metric not in values:
            raise ConfigError(f"table {experiment.name}, row {row}: {unknown('metric', experiment.metric, values)}")
    tuning = requests.asked(wanted := experiment.tuning_runs())
    records |= _completed(tuning, wanted, records, requests, watch, experiment)
    chosen = choose(experiment, tuning, records)

    final = requests.asked(wanted := experiment.final_runs(chosen))
    # A committed tuning run that is reported after all must be made here: there are no parameters to evaluate.
    usable = {run: record for run, record in records.items() if run not in lines or run in tested or _lost(record)}
    made = _completed(final, wanted, usable, requests, watch, experiment)
    records |= made
    ours = {e.run: e for e in store.evaluations() if e.split == "test"}
    untested = [r for r in made.values() if r.run not in ours and r.run not in tested and not _lost(r)]
    if untested:
        from lstm_research.launch.evaluate import evaluate

        requests.prepare()
        seen = evaluate(untested, "test", store, requests.tasks, watch, trust_code=True, again=False)
        ours |= {evaluation.run: evaluation for evaluation in seen}
    opened = store.openings()
    ids = {one.run for one in (*tuning, *final)}
    # Not their sum: committed lines may have been made from this very store.
    openings = {run: max(opened[run], lines[run].openings if run in lines else 0) for run in ids}
    return collect(experiment, tuning, final, records, tested | ours, naive, openings)


def expected(
    experiment: Experiment, requests: Requests, committed: Iterable[Line] = ()
) -> tuple[list[Run], list[Run], int]:
    """(tuning runs, final runs, openings of test) that a table needs besides `committed`, whose runs count as finished.

    Where nothing is chosen yet, any setting stands for the chosen one.
    """
    lines = {line.run: line for line in committed if line.run}
    tuning = experiment.tuning_runs()
    records = requests.tasks.store.find(one.run for one in requests.asked(tuning))
    records |= {run: _as_record(line) for run, line in lines.items()}
    try:
        chosen = choose(experiment, requests.asked(tuning), records)
    except ConfigError:
        chosen = {row.key: tuple(settings(row)[: row.take]) for row in experiment.trained()}
    requests.check_sizes(experiment)
    evaluated = {e.run for e in requests.tasks.store.evaluations() if e.split == "test"}
    evaluated |= {run for run, line in lines.items() if not math.isnan(line.test) or _lost(_as_record(line))}
    final = requests.runs(experiment.final_runs(chosen))
    return (
        [run for run in requests.runs(tuning) if run.id not in lines],
        [run for run in final if run.id not in lines or run.id not in evaluated],
        sum(run.id not in evaluated for run in final),
    )


def _completed(
    asked: Sequence[Asked],
    wanted: Sequence[Request],
    there: Mapping[str, Record],
    requests: Requests,
    watch: Watch,
    experiment: Experiment,
) -> dict[str, Record]:
    """The records of what is asked for; what is neither `there` nor in the store is made."""
    ids = {one.run for one in asked}
    found = {run: record for run, record in there.items() if run in ids}
    found |= requests.tasks.store.find(ids - set(found))
    if len(found) < len(ids):
        from lstm_research.launch.execute import complete

        requests.prepare()
        requests.check_sizes(experiment)
        missing = [run for run in requests.runs(wanted) if run.id not in found]
        found |= complete(missing, requests.tasks, watch)
    return found


def _lost(record: Record) -> bool:
    """Whether a run diverged: it is counted, and never evaluated."""
    return record.status == "diverged" or record.best_step is None


def _as_record(line: Line) -> Record:
    return Record(
        run=line.run, population="", task="", cell="", config={}, seed=line.seed or 0,
        status="finished" if line.status == "finished" else "diverged", steps=line.steps or 0, best_step=line.best_step,
        valid={} if math.isnan(line.valid) else {line.select: line.valid}, select=line.select,
        higher_is_better=bool(line.higher_is_better), parameters=line.parameters or 0,
        first_bad_step=line.first_bad_step, data_digest=line.data_digest, seconds=line.seconds,
    )  # fmt: skip


def _as_evaluation(line: Line, metric: str) -> Evaluation:
    metrics = {metric: line.test} | line.also
    return Evaluation(run=line.run, split="test", step=line.best_step or 0, metrics=metrics, counts={})
