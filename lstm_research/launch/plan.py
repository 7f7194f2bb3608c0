"""What must run, in which populations: runs whose configs differ only in Scalars and seeds share one program."""

import contextlib
import hashlib
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lstm_research.config.fields import kind_name
from lstm_research.config.identity import run_id
from lstm_research.config.load import from_dict, to_dict
from lstm_research.config.schema import ExecutionConfig, RunConfig
from lstm_research.config.traced import split
from lstm_research.results.record import Record
from lstm_research.results.store import Store
from lstm_research.types import DataError

if TYPE_CHECKING:
    from lstm_research.launch.tasks import Tasks

LARGEST = 64
"""Members in a population at most: a checkpoint and a result are a population's, so this bounds what waits for them."""


@dataclass(frozen=True)
class Run:
    """One config and one seed."""

    id: str
    config: RunConfig
    """With `seeds` this run's seed alone."""

    @property
    def seed(self) -> int:
        """The run's seed."""
        return self.config.seeds[0]


@dataclass(frozen=True)
class Group:
    """Runs that are trained together: a population that was, or will be, in the store."""

    name: str
    runs: tuple[Run, ...]
    resumed: bool
    """Whether the store holds a beginning of it."""

    @property
    def static(self) -> RunConfig:
        """What is compiled."""
        return static_part(self.runs[0].config)


@dataclass(frozen=True)
class Plan:
    """What is there and what is missing."""

    finished: dict[str, Record]
    groups: tuple[Group, ...]

    @property
    def missing(self) -> int:
        """Runs still to be made."""
        return sum(len(group.runs) for group in self.groups)


def widened(config: RunConfig) -> RunConfig:
    """The config with its hidden size rounded up to a multiple of `execution.pad_hidden`: as it is trained."""
    to, model = config.execution.pad_hidden, config.model
    if to is None:
        return config
    hidden = math.ceil(model.cell.hidden / to) * to
    return replace(config, model=replace(model, cell=replace(model.cell, hidden=hidden)))


def static_part(config: RunConfig) -> RunConfig:
    """What runs of one population have in common."""
    # Where members come from is no part of the program.
    alone = replace(widened(config), seeds=(0,), training=replace(config.training, after=None))
    static: RunConfig = split(alone)[0]
    return static


def expand(config: RunConfig, data_digest: str) -> list[Run]:
    """The runs of a config: one for each seed."""
    after = config.training.after or (None,) * len(config.seeds)
    runs = []
    for seed, parent in zip(config.seeds, after, strict=True):
        training = replace(config.training, after=None if parent is None else (parent,))
        one = replace(config, seeds=(seed,), training=training)
        runs.append(Run(run_id(one, seed, data_digest), one))
    return runs


def make_plan(runs: Iterable[Run], tasks: "Tasks") -> Plan:
    """Group the runs that the store does not hold.

    A population that was begun and holds only runs asked for here is gone on with, whoever began it; what remains is
    grouped by its static part, and by the update at which shorter runs ended that it goes on from, in the order given,
    as many as `execution.memory_gib` allows. Raises ConfigError.
    """
    store = tasks.store
    wanted = {run.id: run for run in runs}
    begun = store.unfinished()  # first, so that what another process finishes meanwhile is found among the finished
    records = store.records()
    finished = {record.run: record for record in records if record.run in wanted}
    missing = {id_: run for id_, run in wanted.items() if id_ not in finished}
    groups = []
    for name in begun:
        ids = [row["run"] for row in described(store, name)["runs"]]
        if ids and all(id_ in missing for id_ in ids):
            groups.append(Group(name, tuple(missing.pop(id_) for id_ in ids), resumed=True))
    alike: dict[Any, list[Run]] = {}
    begins = _begins(missing.values(), tasks, records)
    for run in missing.values():
        alike.setdefault((static_part(run.config), begins.get(run.id, 0)), []).append(run)
    for members in alike.values():
        most = _most_members(members[0], tasks)
        for start in range(0, len(members), most):
            chunk = tuple(members[start : start + most])
            groups.append(Group(population_name(chunk), chunk, resumed=False))
    return Plan(finished, tuple(groups))


def _begins(runs: Collection[Run], tasks: "Tasks", records: Iterable[Record]) -> dict[str, int]:
    cut = [record for record in records if record.config.get("training", {}).get("stop") is not None]
    if not runs or not cut:
        return {}
    from lstm_research.launch.onward import begins  # with JAX, which a table that has all its runs does without

    return begins(runs, tasks, cut)


def _most_members(run: Run, tasks: "Tasks") -> int:
    limit = run.config.execution.memory_gib
    if limit is None:
        return LARGEST
    from lstm_research.launch.memory import most_members  # with JAX, which a table that has all its runs does without

    return most_members(run, limit, tasks)


def population_name(runs: Sequence[Run]) -> str:
    """`task-cell-` and a hash of the run ids: the same for everybody who is missing the same runs."""
    config = runs[0].config
    digest = hashlib.sha256(" ".join(sorted(run.id for run in runs)).encode()).hexdigest()[:8]
    kinds = (kind_name(config.task), kind_name(config.model.cell))
    return "-".join((*(kind.replace(".", "_") for kind in kinds), digest))


def described(store: Store, name: str) -> dict[str, Any]:
    """A population's description, looked at closely enough to be used. Raises DataError where it is not one."""
    description = store.population(name)
    if not isinstance(description.get("runs"), list) or not isinstance(description.get("layout"), dict):
        raise DataError(
            f"{store.folder(name)}/population.json: not a description of a population; `lstm-research runs clean` "
            "removes what never finished"
        )
    return description


def devices_begun(store: Store) -> int:
    """The most CPU devices that a population which was begun, and did not end, is laid out over; 0 where none is.

    CPU devices are made when a process starts, as many as it asks for, and a population goes on over its own number.
    """
    found = 0
    for name in store.unfinished():
        with contextlib.suppress(DataError):  # told where it is gone on with
            layout = described(store, name)["layout"]
            found = max(found, layout["devices"] if layout["platform"] == "cpu" else 0)
    return found


def check_data(store: Store, name: str, digest: str) -> None:
    """Raises DataError where a population was begun on other data than there are now."""
    recorded = described(store, name).get("data_digest")
    if recorded != digest:
        raise DataError(
            f"{store.folder(name)}: begun on data of digest {str(recorded)[:12]}, those of now have {digest[:12]}; put "
            "the old data back, or `lstm-research runs clean` (`runs forget` for a finished run) and run again"
        )


def recorded_runs(
    store: Store, name: str, *, execution: ExecutionConfig | None = None, trust_code: bool = False
) -> list[Run]:
    """The runs of a population in the store, from its description.

    Args:
      execution: replaces the recorded section, which is not part of a run's id.
      trust_code: allow dotted kinds, which import code that the description names.
    """

    def restore(row: dict[str, Any]) -> Run:
        config = from_dict(row["config"], trust_code=trust_code)
        return Run(row["run"], replace(config, seeds=(row["seed"],), execution=execution or config.execution))

    return [restore(row) for row in described(store, name)["runs"]]


def as_row(run: Run) -> dict[str, Any]:
    """A run as population.json holds it."""
    return {"run": run.id, "seed": run.seed, "config": to_dict(run.config)}
