"""An experiment from its file to its table: run what is missing, choose on validation, open test once, print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lstm_research.config.load import draft, resolve
from lstm_research.config.schema import RunConfig
from lstm_research.launch.evaluate import evaluate
from lstm_research.launch.execute import Watch, complete
from lstm_research.launch.plan import Run
from lstm_research.launch.tasks import Tasks
from lstm_research.results.experiment import Asked, Experiment, Request
from lstm_research.results.record import Record
from lstm_research.results.selection import choose
from lstm_research.results.store import Store


@dataclass(frozen=True)
class Resolved:
    """What an experiment asks for, with the runs that it means."""

    asked: tuple[Asked, ...]
    runs: Mapping[str, Run]


def resolve_requests(requests: Sequence[Request], tasks: Tasks, overrides: Sequence[str] = ()) -> Resolved:
    """Run ids of requests. `overrides` (execution fields, mostly) come last. Raises ConfigError, DataError."""
    asked, runs = [], {}
    for request in requests:
        for run in tasks.runs(config_of(request, overrides)):
            asked.append(Asked(row=request.row, setting=request.setting, seed=run.seed, run=run.id))
            runs[run.id] = run
    return Resolved(tuple(asked), runs)


def config_of(request: Request, overrides: Sequence[str] = ()) -> RunConfig:
    """The config of a request, with its seeds."""
    config = resolve(draft(request.config), [*request.overrides, *overrides])
    return replace(config, seeds=request.seeds)


@dataclass(frozen=True)
class Gathered:
    """Everything a table is built from."""

    tuning: tuple[Asked, ...]
    final: tuple[Asked, ...]
    chosen: Mapping[str, str | None]
    records: Mapping[str, Record]


def gather(experiment: Experiment, store: Store, tasks: Tasks, watch: Watch, overrides: Sequence[str] = ()) -> Gathered:
    """Make the runs of an experiment that the store does not hold, and open test for those that are reported.

    Tuning runs are made first and never tested, unless they are also among the final ones.
    """
    tuning = resolve_requests(experiment.tuning_runs(), tasks, overrides)
    records = complete(list(tuning.runs.values()), store, tasks, watch)
    chosen = choose(experiment, tuning.asked, records)
    final = resolve_requests(experiment.final_runs(chosen), tasks, overrides)
    records |= complete(list(final.runs.values()), store, tasks, watch)
    tested = {evaluation.run for evaluation in store.evaluations() if evaluation.split == "test"}
    untested = [records[id_] for id_ in final.runs if id_ not in tested and records[id_].best_step is not None]
    evaluate(untested, "test", store, tasks, watch)
    return Gathered(tuning.asked, final.asked, chosen, records)
