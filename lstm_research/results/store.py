"""Where runs live: a folder per population, plain files, a line per run. Nothing else is a store.

<root>/<population>/population.json     resolved configs, environment, layout; written before training starts
                    metrics.jsonl       {"run", "step", "train_loss", "valid", ...} by step, appended while training
                    results.jsonl       a Record a line; appears whole, after the final checkpoint is durable
                    evaluations.jsonl   an Evaluation a line, appended
<root>/forgotten.jsonl                  evaluations of forgotten runs: test once opened stays counted
"""

import contextlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lstm_research.config.nearest import unknown
from lstm_research.results import files
from lstm_research.results.lock import population_lock, write_lock
from lstm_research.results.record import Evaluation, Record
from lstm_research.types import ConfigError, DataError, LockedError

POPULATION, METRICS, RESULTS, EVALUATIONS = "population.json", "metrics.jsonl", "results.jsonl", "evaluations.jsonl"
FORGOTTEN = "forgotten.jsonl"
TRASH = ".removed-"


class Store:
    """The folder of all populations; made when something is first written."""

    def __init__(self, root: Path | str) -> None:
        # Absolute, since Orbax takes no other, and a program may change its folder.
        self.root = Path(root).expanduser().absolute()

    def folder(self, population: str) -> Path:
        """Folder of one population, there or not."""
        return self.root / population

    def populations(self) -> list[str]:
        """Names of all populations, finished or not, sorted."""
        return sorted(path.parent.name for path in self.root.glob(f"*/{POPULATION}"))

    def unfinished(self) -> list[str]:
        """Populations that were started and have no results yet, running ones included."""
        return [name for name in self.populations() if not (self.folder(name) / RESULTS).exists()]

    def write_population(self, population: str, description: Mapping[str, Any]) -> None:
        """Write population.json, whole, and remove what killed writers left. The caller holds the population's lock."""
        for left in self.folder(population).glob(".*.tmp"):
            left.unlink()
        files.replace(self.folder(population) / POPULATION, json.dumps(description, indent=1, allow_nan=False) + "\n")

    def population(self, population: str) -> dict[str, Any]:
        """The description of a population. Raises DataError if it is not there or damaged."""
        path = self.folder(population) / POPULATION
        try:
            description = json.loads(path.read_bytes())
        except FileNotFoundError:
            raise DataError(f"{path}: not there; {unknown('population', population, self.populations())}") from None
        except ValueError as error:
            raise DataError(f"{path}: damaged ({error}); remove the folder and run it again") from None
        if not isinstance(description, dict):
            raise DataError(f"{path}: damaged (expected an object); remove the folder and run it again")
        return description

    def metrics(self, population: str) -> list[dict[str, Any]]:
        """The rows of metrics.jsonl, in order of writing."""
        path = self.folder(population) / METRICS
        return [_object(path, number, line) for number, line in files.lines(path, torn=True)]

    def curves(self, records: Iterable[Record]) -> dict[str, list[tuple[int, float | None]]]:
        """Run -> (update, selected metric on validation) at each evaluation; None where that was not finite."""
        wanted = {record.run: record for record in records}
        found: dict[str, list[tuple[int, float | None]]] = {run: [] for run in wanted}
        for name in {record.population: None for record in wanted.values()}:
            for row in self.metrics(name):
                if (record := wanted.get(row["run"])) is not None and record.population == name:
                    found[record.run].append((row["step"], row["valid"][record.select]))
        return found

    def write_results(self, population: str, records: Sequence[Record]) -> None:
        """Publish the records of a population: all of them or none, durable on return. The caller holds its lock."""
        for record in records:
            if record.population != population:
                raise ValueError(f"record {record.run} is of population {record.population}, not {population}")
        files.replace(self.folder(population) / RESULTS, "".join(record.to_json() + "\n" for record in records))

    def records(self) -> list[Record]:
        """All finished and diverged runs, by population and line. A run that two populations hold counts once."""
        found: dict[str, Record] = {}
        for population in self.populations():
            for record in self._records(population):
                found.setdefault(record.run, record)
        return list(found.values())

    def find(self, ids: Iterable[str]) -> dict[str, Record]:
        """Those of the runs `ids` that are there, by id."""
        wanted = set(ids)
        return {record.run: record for record in self.records() if record.run in wanted}

    def record(self, prefix: str) -> Record:
        """The one run whose id starts with `prefix`. Raises ConfigError if there is none, or more than one."""
        records = self.records()
        found = [record for record in records if record.run.startswith(prefix)] if prefix else []
        if len(found) > 1:
            raise ConfigError(f"run {prefix!r} is short for {len(found)} runs: {', '.join(r.run for r in found[:8])}")
        if not found:
            raise ConfigError(f"{unknown('run', prefix, (record.run for record in records))} (in {self.root})")
        return found[0]

    def add_evaluation(self, population: str, evaluation: Evaluation) -> None:
        """Append one evaluation, durable on return. One of `test` counts as an opening of the test split."""
        with write_lock(self.folder(population)):
            files.append(self.folder(population) / EVALUATIONS, [evaluation.to_json()])

    def evaluations(self, run: str | None = None) -> list[Evaluation]:
        """Evaluations of one run, or of all, in order of writing within a population."""
        found = [e for name in self.populations() for e in _evaluations(self.folder(name) / EVALUATIONS)]
        return [evaluation for evaluation in found if run in (None, evaluation.run)]

    def test_openings(self, runs: Iterable[str]) -> int:
        """How often the test split was opened for these runs, forgotten ones included."""
        opened = self.openings()
        return sum(opened[run] for run in set(runs))

    def openings(self) -> Counter[str]:
        """Openings of the test split, by run."""
        every = self.evaluations() + _evaluations(self.root / FORGOTTEN)
        return Counter(evaluation.run for evaluation in every if evaluation.split == "test")

    def forget(self, run: str) -> None:
        """Remove a run (id or unique prefix), so that it happens again. The last one takes the folder along.

        Raises LockedError if the population is being trained.
        """
        run = self.record(run).run
        for population in self.populations():
            if any(record.run == run for record in self._records(population)):
                self._forget(run, population)

    def _forget(self, run: str, population: str) -> None:
        folder = self.folder(population)
        with population_lock(folder), write_lock(folder):
            looks = _evaluations(folder / EVALUATIONS)
            with write_lock(self.root):
                files.append(self.root / FORGOTTEN, [e.to_json() for e in looks if e.run == run])
            kept = [other for other in self._records(population) if other.run != run]
            if not kept:
                _remove(folder)
                return
            files.replace(folder / EVALUATIONS, "".join(e.to_json() + "\n" for e in looks if e.run != run))
            self.write_results(population, kept)

    def clean(self) -> list[str]:
        """Remove the populations that never finished and that nobody is training, and what a killed `forget` left.

        Returns the names of the populations.
        """
        removed = []
        for left in self.root.glob(f"{TRASH}*/*"):
            shutil.rmtree(left.parent, ignore_errors=True)
        for population in self.unfinished():
            with contextlib.suppress(LockedError), population_lock(self.folder(population)):
                if not (self.folder(population) / RESULTS).exists():
                    _remove(self.folder(population))
                    removed.append(population)
        return removed

    def _records(self, population: str) -> list[Record]:
        path = self.folder(population) / RESULTS
        records = []
        for number, line in files.lines(path, torn=False):
            try:
                records.append(Record.from_json(line))
            except DataError as error:
                raise DataError(f"{path}:{number}: {error}; remove the folder and run the population again") from None
        return records


def _remove(folder: Path) -> None:
    """Remove a population in one step: `rmtree` alone, killed half-way, leaves files that read as another state."""
    trash = Path(tempfile.mkdtemp(prefix=TRASH, dir=folder.parent))
    folder.rename(trash / folder.name)
    shutil.rmtree(trash, ignore_errors=True)


def _evaluations(path: Path) -> list[Evaluation]:
    found = []
    for number, line in files.lines(path, torn=True):
        try:
            found.append(Evaluation.from_json(line))
        except DataError as error:
            raise DataError(f"{path}:{number}: {error}; remove that line and evaluate again") from None
    return found


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise DataError(f"{path}:{number}: not a line of JSON ({error}); remove that line") from None
    if not isinstance(row, dict):
        raise DataError(f"{path}:{number}: expected an object; remove that line")
    return row
