"""Runs that go on from where shorter ones ended: the same but for `training.stop`, the same bits as from the start.

A sweep that compares its trials early trains all to a first `stop`, and those it keeps to the next. Each is a run of
its own, finished and never repeated; the longer one takes over state, bookkeeping and metrics of the shorter one.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from lstm_research.config.identity import canonical
from lstm_research.config.load import from_dict, to_dict
from lstm_research.config.schema import ExecutionConfig, RunConfig
from lstm_research.launch.plan import Run, recorded_runs, static_part
from lstm_research.launch.tasks import Tasks
from lstm_research.results import files
from lstm_research.results.record import Record
from lstm_research.results.store import METRICS, Store
from lstm_research.training import checkpoint, hosts
from lstm_research.training.population import Population
from lstm_research.training.state import TrainState
from lstm_research.types import ConfigError, DataError


def shorter(runs: Sequence[Run], digest: str, store: Store) -> list[Record] | None:
    """For each run the record of the shorter one that it goes on from, all of one length, the greatest; or None.

    It is the same run but for `stop`, or the one that `training.after` names.

    Args:
      digest: of the data.

    Raises ConfigError where the latter is missing, or does not fit.
    """
    there, stopped = _stopped(store.records(), digest)
    if not there and all(run.config.training.after is None for run in runs):
        return None
    found = [{**_parent(run, stopped), **there.get(_but_for_stop(to_dict(run.config)), {})} for run in runs]
    training = runs[0].config.training
    end = training.stop or training.steps
    common = set.intersection(*(set(each) for each in found))
    if not (lengths := [stop for stop in common if stop < end]):
        if after := [run.config.training.after for run in runs if run.config.training.after]:
            raise ConfigError(
                f"training.after={after[0][0]}: to go on to step {end:,} together, {len(runs)} runs need beginnings of "
                "one length, shorter than that; run them apart, or leave it out"
            )
        return None
    return [each[max(lengths)] for each in found]


def begins(runs: Iterable[Run], tasks: Tasks, cut: Sequence[Record]) -> dict[str, int]:
    """Run id -> the update at which the longest run ended that it goes on from; nothing of those that begin at 0.

    Args:
      cut: records of runs that `training.stop` ended.
    """
    known: dict[str, tuple[dict[str, dict[int, Record]], dict[str, Record]]] = {}
    found = {}
    for run in runs:
        digest, training = tasks[run.config].digest, run.config.training
        if digest not in known:
            known[digest] = _stopped(cut, digest)
        there, stopped = known[digest]
        lengths = {*there.get(_but_for_stop(to_dict(run.config)), {})}
        if training.after is not None and (parent := stopped.get(training.after[0])):
            lengths.add(stop_of([parent]))
        if shorter := [stop for stop in lengths if stop < (training.stop or training.steps)]:
            found[run.id] = max(shorter)
    return found


def _stopped(records: Iterable[Record], digest: str) -> tuple[dict[str, dict[int, Record]], dict[str, Record]]:
    """Finished runs that `training.stop` ended, on these data: by config, but for the length, and length; by id."""
    there: dict[str, dict[int, Record]] = {}
    stopped: dict[str, Record] = {}
    for record in records:
        stop = record.config.get("training", {}).get("stop")
        if stop is not None and record.data_digest == digest and record.status == "finished":
            there.setdefault(_but_for_stop(record.config), {})[stop] = record
            stopped[record.run] = record
    return there, stopped


def _parent(run: Run, stopped: Mapping[str, Record]) -> dict[int, Record]:
    """Length -> record of what `training.after` names; nothing where it names nothing."""
    after = run.config.training.after
    if after is None:
        return {}
    record = stopped.get(after[0])
    if record is None:
        raise ConfigError(
            f"training.after={after[0]}: no run of this id that training.stop ended, on the same data, is in the "
            "store; make it again, or leave training.after out"
        )
    if record.seed != run.seed or _program(from_dict(record.config)) != _program(run.config):
        raise ConfigError(
            f"training.after={after[0]}: a run of seed {record.seed} and of another program than a run of seed "
            f"{run.seed} that is to go on from it; only Scalars may differ, such as optimizer.learning_rate"
        )
    return {stop_of([record]): record}


def _program(config: RunConfig) -> RunConfig:
    """What is compiled, however far it is trained and with whatever is no part of a run."""
    training = replace(config.training, stop=None)
    model = replace(config.model, engine="auto", checkpoint_every=None)
    execution = ExecutionConfig(pad_hidden=config.execution.pad_hidden)  # the state has its shape
    return static_part(replace(config, model=model, training=training, execution=execution))


def take_over(
    population: Population,
    runs: Sequence[Run],
    before: Sequence[Record],
    store: Store,
    folder: Path,
    recorded: Callable[[str, Sequence[Run]], Population],
    warn: Callable[[str], None],
) -> None:
    """Write the first checkpoint of a population, and its metrics up to there, from those of the shorter runs.

    Args:
      before: what `shorter` gives.
      recorded: of the name and the runs of a population in the store, the population.

    Raises DataError where a checkpoint of theirs is missing or damaged.
    """
    ends, rows = {}, {}
    for name in {record.population: None for record in before}:
        there = recorded_runs(store, name, trust_code=True)
        end = _end(store.folder(name), stop_of(before), recorded(name, there).abstract, warn)
        ends[name] = end, [one.id for one in there]
        rows[name] = store.metrics(name)
    members, standings, lines = [], [], []
    for place, (run, record) in enumerate(zip(runs, before, strict=True)):
        end, ids = ends[record.population]
        at = ids.index(record.run)
        members.append(jax.tree.map(lambda x, at=at: x[at], end.state))
        standings.append(end.host["standings"][at])
        own = (row for row in rows[record.population] if row["run"] == record.run)
        lines += [(row["step"], place, {**row, "run": run.id}) for row in own]
    fill = population.layout.padded(len(runs)) - len(runs)
    members += [members[-1]._replace(active=np.zeros((), bool))] * fill
    state: TrainState = jax.tree.map(lambda *x: np.stack(x), *members)
    # By step, and within one by member: as the loop writes them.
    text = "".join(json.dumps(row) + "\n" for _, _, row in sorted(lines, key=lambda line: line[:2]))
    if hosts.leads():
        folder.mkdir(parents=True, exist_ok=True)
        files.replace(folder / METRICS, text)
    host = {
        "standings": standings,
        "seconds": sum(record.seconds for record in before),
        "evaluated_at": stop_of(before),
        "metrics_bytes": len(text.encode()),
    }
    checkpoint.save(folder / "checkpoints", stop_of(before), state, host)


def stop_of(before: Sequence[Record]) -> int:
    """The update at which the shorter runs ended."""
    return int(before[0].config["training"]["stop"])


def _end(folder: Path, stop: int, abstract: Any, warn: Callable[[str], None]) -> checkpoint.Restored:
    """The last checkpoint. Raises DataError."""
    restored = checkpoint.load(folder / "checkpoints", abstract, warn)
    # Where nobody trained any more, the loop ended before.
    if restored is None or (restored.step != stop and any(one["active"] for one in restored.host["standings"])):
        raise DataError(
            f"{folder}/checkpoints: the one at step {stop} is missing or damaged, and longer runs go on from there; "
            "restore the folder from a copy, or make its runs again with `lstm-research runs forget`"
        )
    return restored


def _but_for_stop(config: Mapping[str, Any]) -> str:
    """A config as text, without what may differ."""
    training = {name: value for name, value in config["training"].items() if name != "stop"}
    if training.get("after") is None:
        training.pop("after", None)  # stores that were written before there was such a field do not name it
    rest = {name: value for name, value in config.items() if name not in ("training", "execution")}
    return canonical({**rest, "training": training, "padded": config["execution"].get("pad_hidden")})
