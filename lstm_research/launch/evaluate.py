"""Opening a split: the best parameters of finished runs, evaluated, and every look written down."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from lstm_research.config.fields import kind_name
from lstm_research.launch.execute import as_recorded, assemble, precision
from lstm_research.launch.plan import Run, check_data, described, recorded_runs
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.record import Evaluation, Record
from lstm_research.results.store import Store
from lstm_research.training import checkpoint, hosts
from lstm_research.types import ConfigError, DataError


def evaluate(
    records: Iterable[Record],
    split: str,
    store: Store,
    tasks: Tasks,
    watch: Watch,
    *,
    trust_code: bool = False,
    again: bool = True,
) -> list[Evaluation]:
    """Evaluate the best parameters of runs on a split and add the results to the store: for `test`, an opening each.

    Runs of one population are evaluated by one program, and by one process at a time. Without `again`, what another
    has evaluated meanwhile is taken from the store. Raises DataError where a checkpoint is missing or damaged.
    """
    by_population: dict[str, list[Record]] = {}
    for record in records:
        by_population.setdefault(record.population, []).append(record)
    found = []
    for name, members in by_population.items():
        with hosts.together(store.folder(name), wait_seconds=math.inf):
            seen = {} if again else {e.run: e for e in store.evaluations() if e.split == split}
            found += [seen[record.run] for record in members if record.run in seen]
            left = [record for record in members if record.run not in seen]
            if not left:
                continue
            watch.say(f"evaluating {len(left)} run{'s' if len(left) > 1 else ''} of {name} on {split}")
            for evaluation in _population(name, left, split, store, tasks, watch, trust_code):
                if hosts.leads():
                    store.add_evaluation(name, evaluation)
                found.append(evaluation)
    return found


def best_parameters(
    name: str,
    runs: list[Run],
    best_steps: Mapping[int, int | None],
    store: Store,
    tasks: Tasks,
    warn: Callable[[str], None],
) -> Any:
    """Best parameters of all members of a finished population, stacked.

    Args:
      runs: all of the population, in its order.
      best_steps: member -> update after which it was best, as recorded. Where the last checkpoint is damaged, the one
        before it may hold the parameters of another: DataError.
    """
    abstract = as_recorded(name, runs, store, tasks).abstract
    folder = store.folder(name) / "checkpoints"
    restored = checkpoint.load(folder, abstract, warn)
    if restored is None:
        raise DataError(
            f"{folder}: no checkpoint, so nothing can be evaluated; restore the folder from a copy, or make the runs "
            "again with `lstm-research runs forget`"
        )
    for place, step in best_steps.items():
        if (found := restored.host["standings"][place]["best_step"]) != step:
            raise DataError(
                f"{folder}: the last one is damaged, and the one before it has the best parameters as of "
                f"step {found}, not {step}; restore the folder from a copy, or make the runs again with "
                "`lstm-research runs forget`"
            )
    return restored.state.best


class Asked(NamedTuple):
    """A finished run that is asked about something new."""

    runs: list[Run]
    """All of its population."""
    place: int
    """Which of them it is."""
    fitted: dict[str, Any]
    """What was fitted on train."""

    @property
    def run(self) -> Run:
        """The run itself."""
        return self.runs[self.place]


def asked(record: Record, store: Store, method: str, refusal: str, *, trust_code: bool) -> Asked:
    """A run, for a question that its task must have a method for. Raises ConfigError where it has not."""
    if record.best_step is None:
        raise ConfigError(f"run {record.run} diverged before its first evaluation: it has nothing to say")
    runs = recorded_runs(store, record.population, trust_code=trust_code)
    place = [run.id for run in runs].index(record.run)
    task = runs[place].config.task
    fitted = described(store, record.population).get("fitted")
    if fitted is None or not hasattr(task, method):
        raise ConfigError(f"run {record.run}: task.kind={kind_name(task)} {refusal}")
    return Asked(runs, place, fitted)


def _population(
    name: str, members: list[Record], split: str, store: Store, tasks: Tasks, watch: Watch, trust_code: bool
) -> list[Evaluation]:
    runs = recorded_runs(store, name, trust_code=trust_code)
    with precision(runs):
        return _evaluated(name, runs, members, split, store, tasks, watch)


def _evaluated(
    name: str, runs: list[Run], members: list[Record], split: str, store: Store, tasks: Tasks, watch: Watch
) -> list[Evaluation]:
    places = [[run.id for run in runs].index(record.run) for record in members]
    best_steps = {place: record.best_step for place, record in zip(places, members, strict=True)}
    stacked = best_parameters(name, runs, best_steps, store, tasks, watch.say)
    part = assemble([runs[place] for place in places], tasks)
    check_data(store, name, part.task.digest)
    filled = [*places, *[places[-1]] * (part.layout.padded(len(places)) - len(places))]
    params = part.layout.place_members(jax.tree.map(lambda x: x[np.array(filled)], stacked))
    return [
        Evaluation(
            run=record.run,
            split=split,  # type: ignore[arg-type]
            step=record.best_step or 0,
            metrics={metric: one.mean() for metric, one in sums.items()},
            counts={metric: one.count for metric, one in sums.items()},
        )
        for record, sums in zip(members, part.evaluate(params, split), strict=True)
    ]
