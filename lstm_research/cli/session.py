"""What most commands need: the store, the tasks, JAX made ready, and runs told to the user."""

import logging
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_research.config import paths
from lstm_research.data.paths import DataPaths
from lstm_research.results.record import Record
from lstm_research.results.store import Store
from lstm_research.types import ConfigError

if TYPE_CHECKING:
    from lstm_research.launch.plan import Plan
    from lstm_research.launch.tasks import Tasks


def store_of(options: Any) -> Store:
    """The store that the options or the environment name."""
    root = Path(options.runs_dir or paths.runs_dir())
    if address := re.match(r"([a-z][a-z0-9+.-]+):/(?!/)(.*)", str(root)):  # `Path` makes one slash of two
        raise ConfigError(
            f"{address[1]}://{address[2]}: not a folder: runs need locks and renames, which a bucket has not; take a "
            "folder that all machines see, and copy finished ones to the bucket (docs/clusters.md)"
        )
    if root.exists() and not root.is_dir():
        raise ConfigError(f"--runs-dir {root}: is a file; name a folder, which is made if it is not there")
    return Store(root)


def tasks_of(options: Any) -> "Tasks":
    """Tasks, with data where the options or the environment say."""
    from lstm_research.launch.tasks import Tasks

    where = DataPaths(
        data_dir=options.data_dir or paths.data_dir(), cache_dir=paths.cache_dir(), offline=options.offline
    )
    return Tasks(where, store_of(options), lambda line: print(line, file=sys.stderr, flush=True))


def prepare(device: str = "auto", store: Store | None = None, jobs: int = 1, processes: int = 1) -> None:
    """Make this process ready for JAX; before anything touches a device.

    Args:
      store: what was begun there can be gone on with.
      jobs: processes that divide the cores, this one's devices being as many as each of theirs.
      processes: that have devices in common.
    """
    from lstm_research.launch import runtime
    from lstm_research.launch.plan import devices_begun

    runtime.keep_memory()
    begun = 0 if store is None else devices_begun(store)
    runtime.prepare(device, max(runtime.cores() // jobs, -(-begun // processes)))
    # Orbax and TFDS narrate through absl; what matters of it reaches the user as an error of ours.
    logging.getLogger("absl").setLevel(logging.CRITICAL)


def told(record: Record) -> str:
    """A finished run in a line: id, what it is, how it ended, validation values at its best step."""
    head = f"{record.run}  {record.task} {record.cell} seed {record.seed}  "
    if record.status == "diverged":
        where = "no finite validation value" if record.first_bad_step is None else f"at step {record.first_bad_step}"
        return f"{head}diverged {where}"
    values = ", ".join(f"{name} {value:.5g}" for name, value in ordered(record.valid, record.select).items())
    return f"{head}best step {record.best_step} of {record.steps}  valid {values}"


def ordered(values: dict[str, float], first: str) -> dict[str, float]:
    """Metrics with the one that selects in front."""
    return {first: values[first], **values} if first in values else values


def aligned(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Columns for a terminal; numbers as they are."""
    shown = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(head, *shown, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *shown)]
    return "\n".join(line.rstrip() for line in lines)


def plan_told(plan: "Plan", asked: int) -> str:
    """`5 runs: 2 finished, 3 to make in 1 population (1 compilation)`."""
    groups = len(plan.groups)
    compiled = len({group.static for group in plan.groups})
    begun = sum(group.resumed for group in plan.groups)
    return (
        f"{count(asked, 'run')}: {len(plan.finished)} finished, {plan.missing} to make"
        + (f" in {count(groups, 'population')} ({count(compiled, 'compilation')})" if groups else "")
        + (f", {begun} of them begun" if begun else "")
    )


def count(number: int, what: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def dry_run(plan: "Plan", tasks: "Tasks", asked: int, *, measure: bool = False) -> str:
    """What a plan would do and cost.

    Args:
      measure: time some updates, where by arithmetic the plan takes so long that it is worth a compilation.
    """
    from lstm_research.cli.progress import duration
    from lstm_research.launch.estimate import ASSUMPTION, estimate
    from lstm_research.launch.memory import there_is

    costs, assumption = estimate(plan.groups, tasks), ASSUMPTION
    if measure:
        from lstm_research.launch.calibrate import WORTH, calibrate

        if sum(cost.seconds for cost in costs) > WORTH:
            costs, assumption = calibrate(plan.groups, costs, tasks)
    rows = [
        [
            cost.name + (" (begun)" if cost.resumed else ""), cost.runs, cost.layout, f"{cost.parameters:,}",
            f"{cost.steps:,}", f"{cost.tokens:,}", f"{cost.gibibytes:.2f} GiB", duration(cost.seconds),
        ]
        for cost in costs
    ]  # fmt: skip
    lines = [plan_told(plan, asked)]
    if rows:
        lines.append(
            aligned(["population", "runs", "layout", "parameters", "steps", "tokens/step", "memory", "time"], rows)
        )
        lines += [f"{cost.name}: {told}" for cost in costs for told in (cost.padding, cost.streaming) if told]
        total = duration(sum(cost.seconds for cost in costs))
        hours = sum(cost.cores * cost.seconds for cost in costs) / 3600
        costliest = max(costs, key=lambda cost: cost.gibibytes)
        most, here = costliest.gibibytes, there_is(costliest.platform)
        beyond = f", of {here:.3g} GiB here: set execution.memory_gib" if here is not None and most > here else ""
        lines.append(f"in all: about {total}, {hours:.2g} core-hours, at most {most:.2f} GiB at a time{beyond}")
        lines.append(assumption)
    return "\n".join(lines)
