"""A table as numbers, built from lines alone: published beside ours, with what a reviewer asks about each row."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from statistics import fmean

from lstm_research.config.nearest import unknown
from lstm_research.results.against import Difference, compared
from lstm_research.results.experiment import Experiment
from lstm_research.results.lines import Line
from lstm_research.results.published import Published
from lstm_research.results.rows import Group, Row, reported, settings
from lstm_research.results.selection import best_index, best_indices
from lstm_research.results.statistics import (
    UNKNOWN,
    Interval,
    fisher,
    holm,
    mean_interval,
    paired,
    wilson,
)
from lstm_research.results.verdict import PRINT, verdict
from lstm_research.types import ConfigError, DataError


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One line of a table."""

    group: Group
    label: str
    naive: bool
    values: dict[int, float] = field(default_factory=dict)
    """Test value by seed, finished runs only."""
    value: float = math.nan
    """Mean of `values`; share of seeds that solve, in a share table; the rule's value, in a naive row."""
    interval: Interval = UNKNOWN
    """95 %: Student's t of the mean, or Wilson's of the share."""
    solved: int | None = None
    """Seeds that solve, in a share table; a run that diverged does not."""
    n: int = 0
    """Runs that ended, diverged ones included."""
    wanted: int = 0
    """Seeds that the experiment asks for."""
    diverged: int = 0
    parameters: int | None = None
    budget: str = ""
    settings: tuple[str, ...] = ("",)
    """The chosen overrides, best first; ("",) if nothing was tuned; () if every setting diverged."""
    openings: int = 0
    """Openings of the test split over all runs of the row."""
    published: Published | None = None
    verdict: str = ""
    beside_naive: str = ""
    """What is said of it beside the best naive row."""
    untested: bool = False
    """Whether it has too few seeds, or diverged runs, to be tested against every other row of its group."""
    bold: bool = False
    tuned: dict[str, float] = field(default_factory=dict)
    """Mean validation value of each setting that was tried; NaN where a run diverged."""
    drawn: bool = False
    """Whether these were settings of several fields."""
    select: str = ""
    """The metric that selects."""
    select_higher: bool = False
    """Its direction."""
    top: tuple[float, ...] = ()
    """Test values of the best settings, where several are taken, as chosen: at the first seed of tuning."""
    difference: Difference | None = None
    """From the row that the experiment compares with, paired by seed; p adjusted over the group (Holm)."""
    top_difference: Difference | None = None
    """The same of `top`, by Welch's test: settings have no partners."""
    hours: float = math.nan
    """Compute of all the row's runs, tuning included."""
    runs: tuple[str, ...] = ()
    also: dict[str, float] = field(default_factory=dict)
    """Means of the experiment's further metrics."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows in the experiment's order, with what is said around them."""

    experiment: Experiment
    rows: tuple[TableRow, ...]

    def of(self, group: Group) -> list[TableRow]:
        """The rows of one group."""
        return [row for row in self.rows if row.group == group]


def build(experiment: Experiment, lines: Sequence[Line]) -> Table:
    """The table of those groups of `experiment` that have lines.

    The chosen setting is found again from the tuning lines: lines that contradict it raise DataError. Raises
    ConfigError if a group has no naive line, or sizes differ where they should match.
    """
    for line in lines:
        if line.row not in {row.key for row in experiment.rows}:
            raise DataError(
                f"experiment {experiment.name}: {unknown('row', line.row, (row.key for row in experiment.rows))}"
            )
    present = {line.row.partition("/")[0] for line in lines}
    rows = [
        _row(experiment, row, [li for li in lines if li.row == row.key])
        for row in experiment.rows
        if row.group in present
    ]
    for group in experiment.groups:
        if group.key in present:
            _check(experiment, [row for row in rows if row.group == group])
    return Table(experiment=experiment, rows=tuple(_marked(experiment, rows)))


def _row(experiment: Experiment, row: Row, lines: list[Line]) -> TableRow:
    group = experiment.group(row.group)
    if row.naive is not None:
        value = lines[0].test if lines else math.nan
        also = lines[0].also if lines else {}
        return TableRow(group=group, label=row.label, naive=True, value=value, published=row.published, also=also)
    tuning = [line for line in lines if line.role in ("tuning", "both")]
    final = [line for line in lines if line.role in ("final", "both")]
    taken, tuned = _chosen(row, tuning) if row.tune and lines else (("",), {})
    asked = {(setting, seed) for setting, seeds in reported(row, taken).items() for seed in seeds}
    if astray := [line for line in final if (line.setting, line.seed) not in asked]:
        chose = ", ".join(map(repr, taken))
        raise DataError(f"row {row.key}: final run {astray[0].run} has {astray[0].setting!r}; tuning chose {chose}")
    done = [line for line in final if line.status == "finished"]
    if bad := [line.seed for line in done if not math.isfinite(line.test)]:
        raise DataError(
            f"row {row.key}: the run of seed {bad[0]} finished, but its test {experiment.metric} is not a number"
        )
    mine = [line for line in final if line.setting == taken[0] and line.seed in row.seeds] if taken else []
    values = {line.seed: line.test for line in mine if line.status == "finished" and line.seed is not None}
    top = [line.test for line in done if line.seed == row.tune.seeds[0]] if row.tune and row.take > 1 else []
    diverged = sum(line.status == "diverged" for line in mine) if taken else len(row.seeds)
    n = len(values) + diverged
    solved = None
    if experiment.share is not None:
        solved = sum(_solves(experiment, value) for value in values.values())
        value, interval = (solved / n if n else math.nan), wilson(solved, n)
    else:
        value, interval = (fmean(values.values()) if values else math.nan), mean_interval(list(values.values()))
    said = ""
    if row.published is not None and experiment.share is None:
        said = verdict(list(values.values()), row.published, experiment.higher_is_better, experiment.digits, diverged)
    higher = bool(next((line.higher_is_better for line in tuning), False))
    return TableRow(
        group=group, label=row.label, naive=False, values=values, value=value, interval=interval, solved=solved, n=n,
        wanted=len(row.seeds), diverged=diverged, parameters=next((li.parameters for li in (*mine, *lines)), None),
        budget=row.tune.budget() if row.tune else "none", settings=taken, openings=sum(li.openings for li in lines),
        published=row.published, verdict=said, hours=sum(li.seconds for li in lines) / 3600,
        tuned=tuned, drawn=bool(row.tune and row.tune.settings), select=next((li.select for li in tuning), ""),
        select_higher=higher, top=tuple(top), runs=tuple(li.run for li in final),
        also=_means([line.also for line in mine if line.status == "finished"]),
    )  # fmt: skip


def _means(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of metrics that all have."""
    names = [name for name in (values[0] if values else {}) if all(name in one for one in values)]
    return {name: fmean(one[name] for one in values) for name in names}


def _chosen(row: Row, tuning: list[Line]) -> tuple[tuple[str, ...], dict[str, float]]:
    """(best settings on validation, mean validation value of every setting)."""
    tried = settings(row)
    if stray := {line.setting for line in tuning} - set(tried):
        raise DataError(f"row {row.key}: {unknown('setting', min(stray), tried)}")
    assert row.tune is not None
    there, asked = {(line.setting, line.seed) for line in tuning}, len(tried) * len(row.tune.seeds)
    if len(there & {(setting, seed) for setting in tried for seed in row.tune.seeds}) < asked:
        raise DataError(
            f"row {row.key}: {len(there)} tuning runs are there, its budget is {row.tune.budget()}; make it again"
        )
    values = [[line.valid for line in tuning if line.setting == setting] for setting in tried]
    means = [fmean(group) if group else math.nan for group in values]
    ways = {line.higher_is_better for line in tuning}
    if len(ways) > 1:
        raise DataError(f"row {row.key}: tuning runs disagree on whether higher {tuning[0].select} is better")
    taken = best_indices(means, bool(ways.pop()), row.take) if ways else []
    return tuple(tried[index] for index in taken), dict(zip(tried, means, strict=True))


def _solves(experiment: Experiment, value: float) -> bool:
    assert experiment.share is not None
    return value >= experiment.share.threshold if experiment.higher_is_better else value <= experiment.share.threshold


def _check(experiment: Experiment, rows: list[TableRow]) -> None:
    name = f"table {experiment.name}, group {rows[0].group.key!r}"
    if not any(row.naive and math.isfinite(row.value) for row in rows):
        raise ConfigError(f"{name}: no naive row has a value; a table without one is not printed")
    check_sizes(experiment, rows[0].group.key, {row.label: row.parameters for row in rows if row.parameters})


def check_sizes(experiment: Experiment, group: str, parameters: Mapping[str, int]) -> None:
    """Raises ConfigError where sizes are to be matched and the rows of a group differ by more than 5 %."""
    sizes = parameters.values()
    if experiment.sizes == "matched" and sizes and max(sizes) > 1.05 * min(sizes):
        shown = ", ".join(f"{label} {size}" for label, size in parameters.items())
        raise ConfigError(
            f"table {experiment.name}, group {group!r}: parameters differ by more than 5 % ({shown}); match them, or "
            "say sizes='not matched'"
        )


def _marked(experiment: Experiment, rows: list[TableRow]) -> list[TableRow]:
    """Bold what separates: all pairs within groups, tested pairwise by seed, Holm over the table."""
    pairs, p_values = [], []
    for a, b in combinations(rows, 2):
        if a.group == b.group and not (a.naive or b.naive):
            pairs.append((a, b))
            p_values.append(_difference(a, b))
    separated = {frozenset((id(a), id(b))) for (a, b), p in zip(pairs, holm(p_values), strict=True) if p <= 0.05}
    untested = {frozenset((id(a), id(b))) for (a, b), p in zip(pairs, p_values, strict=True) if math.isnan(p)}
    higher = experiment.higher_is_better or experiment.share is not None
    marked = []
    for row in rows:
        peers = [other for other in rows if other.group == row.group and not other.naive]
        best = best_index([peer.value for peer in peers], higher)
        bold = (
            not row.naive
            and best is not None
            and math.isfinite(row.value)
            and frozenset((id(row), id(peers[best]))) not in separated | untested
            and any(frozenset((id(peer), id(peers[best]))) in separated for peer in peers)
        )
        alone = not row.naive and any(id(row) in pair for pair in untested)
        marked.append(replace(row, bold=bold, untested=alone, beside_naive=_beside_naive(experiment, row, rows)))
    return [row for group in experiment.groups for row in compared(experiment, [r for r in marked if r.group == group])]


def _difference(a: TableRow, b: TableRow) -> float:
    """p of a difference: Fisher's for shares, else paired over the seeds of both rows. NaN where these are too few, and
    where a run diverged: the seeds that are left would speak for a row that cannot be relied on.
    """
    if a.solved is not None and b.solved is not None:
        return fisher(a.solved, a.n, b.solved, b.n)
    shared = sorted(a.values.keys() & b.values.keys())
    if len(shared) < PRINT or a.diverged or b.diverged:
        return math.nan
    return paired([a.values[seed] for seed in shared], [b.values[seed] for seed in shared])


def _beside_naive(experiment: Experiment, row: TableRow, rows: list[TableRow]) -> str:
    """Of a trained row that is not better than the best naive rule of its group: whether that is certain, which is when
    the whole interval of its mean is worse.
    """
    if row.naive or not row.values:
        return ""
    rules = [other.value for other in rows if other.naive and other.group == row.group and math.isfinite(other.value)]
    sign = 1 if experiment.higher_is_better else -1
    rule, mean = max(sign * value for value in rules), sign * fmean(row.values.values())
    ends = [sign * end for end in mean_interval(list(row.values.values()))]
    return "" if mean >= rule else "worse than naive" if max(ends) < rule else "not ahead of naive"
