"""Doing a plan: lock a population, train it, publish its records."""

import contextlib
import math
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
from flax import nnx

from lstm_research.config.fields import kind_name
from lstm_research.config.traced import bind, scalar_paths, split
from lstm_research.launch import runtime, tensorboard
from lstm_research.launch.initial import parameters_of
from lstm_research.launch.onward import shorter, stop_of, take_over
from lstm_research.launch.padding import padding_told, widening_told
from lstm_research.launch.plan import Group, Run, as_row, check_data, described, make_plan, widened
from lstm_research.launch.streaming import streaming_told
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.record import Record
from lstm_research.results.store import RESULTS, Store
from lstm_research.tasks.base import Predicts, Writes
from lstm_research.tasks.source.bucketed import buckets_of
from lstm_research.training import hosts
from lstm_research.training import layout as layouts
from lstm_research.training.chunks import streams
from lstm_research.training.feed import grain
from lstm_research.training.layout import Layout
from lstm_research.training.loop import Fitted, fit
from lstm_research.training.population import Population
from lstm_research.training.program import build_model
from lstm_research.types import DataError, Interrupted, LockedError

POLL_SECONDS = 1.0


def assemble(runs: Sequence[Run], tasks: Tasks, layout: Layout | None = None) -> Population:
    """The population of runs with one static part; without a layout the planner chooses it."""
    statics = [split(widened(run.config)) for run in runs]
    static, scalars = statics[0][0], [one[1] for one in statics]
    padded = runs[0].config.execution.pad_hidden is not None
    sizes = [run.config.model.cell.hidden for run in runs] if padded else None
    task = tasks[runs[0].config]
    if layout is None:
        layout = chosen_layout(runs, tasks)
    config = runs[0].config
    initial = None if config.model.init_from is None else partial(parameters_of, config, tasks)
    return Population(static, scalars, [run.seed for run in runs], task, layout, initial, sizes)


def as_recorded(name: str, runs: Sequence[Run], store: Store, tasks: Tasks) -> Population:
    """The population of the runs of one that the store holds, in its recorded layout: bits depend on it."""
    return assemble(runs, tasks, Layout(**described(store, name)["layout"]))


def chosen_layout(runs: Sequence[Run], tasks: Tasks) -> Layout:
    """What the planner chooses for runs with one static part."""
    config = runs[0].config
    bucketed = len(buckets_of(tasks.source(config))) > 1
    work = count_parameters(split(widened(config))[0], tasks[config]) * config.training.batch
    asked, rows = config.execution, config.training.batch
    return layouts.choose(asked.layout, asked.device, len(runs), work, rows=rows, bucketed=bucketed)


def precision(runs: Sequence[Run]) -> contextlib.AbstractContextManager[Any]:
    """float64 where the runs ask for it: JAX would compute in float32 without a word."""
    if runs[0].config.model.dtype == "float64":
        return jax.enable_x64(True)
    return contextlib.nullcontext()


def execute(group: Group, store: Store, tasks: Tasks, watch: Watch) -> list[Record]:
    """Train a group of runs to the end, or take what another process has made of it meanwhile.

    A population that was begun goes on in its recorded layout: bits depend on it.

    Raises:
      LockedError: another process is at it.
      Interrupted: `watch.stop` said so; the state is saved.
    """
    folder = store.folder(group.name)
    with precision(group.runs), hosts.together(folder):
        if hosts.agreed((folder / RESULTS).exists()):
            found = store.find(run.id for run in group.runs)
            if len(found) < len(group.runs):
                raise DataError(
                    f"{folder}/{RESULTS}: lines are missing; remove the folder and run the population again"
                )
            return list(found.values())
        begun = hosts.agreed((folder / "population.json").exists())
        population = as_recorded(group.name, group.runs, store, tasks) if begun else assemble(group.runs, tasks)
        config = group.runs[0].config
        # What cannot start leaves nothing that `resume` would stumble over.
        board = tensorboard.writer(folder) if config.execution.tensorboard and hosts.leads() else None
        if begun:
            check_data(store, group.name, population.task.digest)
            _tell_changes(described(store, group.name).get("environment", {}), group.name, watch)
        else:
            # A run to start from that does not fit, a device or a library that is missing.
            _ = population.given, population.members
            if any(streams(config.execution, one) for one in (population.training, population.source("valid"))):
                grain()
            before = shorter(group.runs, population.task.digest, store)
            if before is not None:
                recorded = partial(as_recorded, store=store, tasks=tasks)
                take_over(population, group.runs, before, store, folder, recorded, watch.say)
                watch.say(f"{group.name} goes on from step {stop_of(before):,} of shorter runs")
            if hosts.leads():
                store.write_population(group.name, _description(group, population, before))
            hosts.agreed(False)  # what was written is there for all
        watch.say(_summary(group, population, begun))

        def evaluated(step: int, row: dict[str, Any]) -> None:
            watch.evaluated(group, step, row)
            if board is not None:
                board(step, row)

        fitted = fit(
            population,
            [run.id for run in group.runs],
            folder,
            progress=lambda progress: watch.progress(group, progress),
            evaluated=evaluated,
            stop=watch.stop,
            warn=watch.say,
        )
        records = _records(group, population, fitted)
        if hosts.leads():
            store.write_results(group.name, records)
        return records


def _tell_changes(recorded: dict[str, Any], name: str, watch: Watch) -> None:
    """Say what is not as it was when a population was begun: the same bits are promised for the same only."""
    now = runtime.environment()
    changed = [key for key in now if recorded.get(key) != now[key]]
    if changed:
        watch.say(
            f"{name} was begun with another {', '.join(changed)}: its last bits may differ from an undisturbed run's"
        )


def count_parameters(static: Any, task: Any) -> int:
    """Parameters of one member, before there is a population."""
    config = bind(static, dict.fromkeys(scalar_paths(static), 0.0))
    shapes = jax.eval_shape(lambda: nnx.state(build_model(config.model, task.spec, None), nnx.Param))
    return sum(math.prod(x.shape) for x in jax.tree.leaves(shapes))


def parameters_of_run(run: Run, population: Population) -> int:
    """Its own, without what it is filled up with."""
    if run.config.execution.pad_hidden is None:
        return population.parameters
    return count_parameters(split(run.config)[0], population.task)


def _description(group: Group, population: Population, before: Sequence[Record] | None) -> dict[str, Any]:
    layout = population.layout
    return {
        "goes_on_from": None if before is None else {"step": stop_of(before), "runs": [one.run for one in before]},
        "runs": [as_row(run) for run in group.runs],
        "layout": {"kind": layout.kind, "devices": layout.devices, "platform": layout.platform},
        "parameters": population.parameters,
        "data_digest": population.task.digest,
        "fitted": population.task.fitted if isinstance(population.task, Predicts | Writes) else None,
        "environment": runtime.environment(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _summary(group: Group, population: Population, begun: bool) -> str:
    config, layout = group.runs[0].config, population.layout
    number, training = len(group.runs), config.training
    sources = {"train": population.training, "valid": population.source("valid")}
    told = [
        widening_told([run.config for run in group.runs]),
        padding_told(population.training),
        streaming_told(config, layout.padded(number), sources),
    ]
    return (
        f"{'resuming' if begun else 'training'} {group.name}: {number} run{'s' if number > 1 else ''} of "
        f"{population.parameters:,} parameters, up to {training.stop or training.steps:,} steps, layout {layout.kind} "
        f"over {layout.devices} {layout.platform} device{'s' if layout.devices > 1 else ''}"
        + "".join(f", {one}" for one in told if one)
    )


def _records(group: Group, population: Population, fitted: Fitted) -> list[Record]:
    metric, higher = population.task.spec.selection(population.static.training.select)
    rows = []
    for run, standing in zip(group.runs, fitted.standings, strict=True):
        row = as_row(run)
        rows.append(
            Record(
                run=run.id,
                population=group.name,
                task=kind_name(run.config.task),
                cell=kind_name(run.config.model.cell),
                config=row["config"],
                seed=run.seed,
                status="finished" if standing.bad_step is None and standing.best_step is not None else "diverged",
                steps=standing.steps,
                best_step=standing.best_step,
                valid=standing.valid,
                select=metric,
                higher_is_better=higher,
                parameters=parameters_of_run(run, population),
                first_bad_step=standing.bad_step,
                data_digest=population.task.digest,
                seconds=fitted.seconds / len(group.runs),
            )
        )
    return rows


def complete(runs: Sequence[Run], tasks: Tasks, watch: Watch) -> dict[str, Record]:
    """Make all runs that the store of the tasks does not hold, and return the records of all.

    Populations that another process holds are left to it and waited for, so that several processes may be given the
    same runs: each population is trained once, and each process ends with the whole result. (Processes that are given
    different, overlapping runs group them differently, and may both make a run; the first one finished counts.)
    """
    told: set[str] = set()
    watch.crew(runs)
    while True:
        plan = make_plan(runs, tasks)
        if not hosts.same([group.name for group in plan.groups]):
            continue  # another process has finished something in between
        if not plan.groups:
            return plan.finished
        watch.planned(plan)
        made, held = 0, {}
        for group in plan.groups:
            if hosts.agreed(watch.stop()):
                raise Interrupted(0)
            try:
                execute(group, tasks.store, tasks, watch)
                made += 1
            except LockedError as error:
                held[group.name] = error
        if not made:
            for name in held.keys() - told:
                watch.say(f"waiting for {held[name]}")
            told |= held.keys()
            time.sleep(POLL_SECONDS)
