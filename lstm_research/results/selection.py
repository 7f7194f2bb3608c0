"""The one place where something is chosen: on validation, and never a run that diverged."""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from lstm_research.config.nearest import unknown
from lstm_research.results.experiment import Asked, Experiment
from lstm_research.results.record import Record
from lstm_research.results.rows import settings
from lstm_research.types import ConfigError


def best_index(values: Sequence[float | None], higher_is_better: bool) -> int | None:
    """Index of the best finite value; the first of equals; None where no value is finite."""
    found: int | None = None
    for index, value in enumerate(values):
        if value is None or not math.isfinite(value):
            continue
        held = values[found] if found is not None else None
        if held is None or (value > held if higher_is_better else value < held):
            found = index
    return found


def score(record: Record, metric: str) -> float:
    """A run's validation value; NaN where it diverged. Raises ConfigError for test metrics and unknown ones."""
    check_metric(metric)
    if record.status == "diverged":
        return math.nan
    if metric not in record.valid:
        raise ConfigError(f"run {record.run}: {unknown('validation metric', metric, record.valid)}")
    return record.valid[metric]


def check_metric(metric: str) -> None:
    """Raise ConfigError for the name of a test metric: nothing is ever selected on test."""
    if metric.lower().startswith("test"):
        raise ConfigError(f"selecting on a test metric ({metric!r}); select on a validation metric")


def best(records: Sequence[Record], metric: str, higher_is_better: bool) -> Record | None:
    """The run with the best validation `metric`; None where every run diverged."""
    check_metric(metric)
    index = best_index([score(record, metric) for record in records], higher_is_better)
    return None if index is None else records[index]


def best_indices(values: Sequence[float | None], higher_is_better: bool, take: int) -> list[int]:
    """Indices of the `take` best finite values, best first, the first of equals first; fewer where there are fewer."""
    left = list(values)
    found: list[int] = []
    while len(found) < take and (index := best_index(left, higher_is_better)) is not None:
        found.append(index)
        left[index] = None
    return found


def choose(experiment: Experiment, asked: Iterable[Asked], records: Mapping[str, Record]) -> dict[str, tuple[str, ...]]:
    """Row key -> its setting: the best mean validation value over the tuning seeds, for every row that is trained; the
    `take` best where a row reports several.

    A setting with a diverged run is not chosen, so that there may be none; ("",) for rows that do not tune. `asked`
    are the runs of `experiment.tuning_runs()`. Raises ConfigError if one has no record.
    """
    runs: dict[tuple[str, str], list[Record]] = {}
    for one in asked:
        if one.run not in records:
            raise ConfigError(f"row {one.row}: tuning run {one.run} ({one.setting}, seed {one.seed}) has not finished")
        runs.setdefault((one.row, one.setting), []).append(records[one.run])
    chosen: dict[str, tuple[str, ...]] = {}
    for row in experiment.trained():
        if row.tune is None:
            chosen[row.key] = ("",)
            continue
        tried = settings(row)
        groups = [runs.get((row.key, setting), []) for setting in tried]
        if not all(groups):
            raise ConfigError(f"row {row.key}: setting {tried[groups.index([])]} has no tuning runs")
        metric, higher = direction(experiment, [record for group in groups for record in group])
        means = [fmean(score(record, metric) for record in group) for group in groups]
        chosen[row.key] = tuple(tried[index] for index in best_indices(means, higher, row.take))
    return chosen


def direction(experiment: Experiment, records: Sequence[Record]) -> tuple[str, bool]:
    """(metric, higher is better) that picks among `records`, one for all of them."""
    ways = {(record.select, record.higher_is_better) for record in records}
    if len(ways) > 1:
        raise ConfigError(f"runs were selected on different metrics: {', '.join(sorted(name for name, _ in ways))}")
    metric, higher = next(iter(ways))
    return (metric, higher) if experiment.select is None else (experiment.select, experiment.higher_is_better)
