"""A table's files: where they go, how a table grows group by group, where committed numbers are."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from lstm_research.launch.memo import remembered
from lstm_research.results import files
from lstm_research.results.experiment import Experiment
from lstm_research.results.lines import Line, read_csv, write_csv
from lstm_research.results.lines import merge as merged
from lstm_research.results.render import latex, markdown, rows_csv
from lstm_research.results.table import Table, build
from lstm_research.types import ConfigError, LabError


@dataclass(frozen=True)
class Places:
    """The files of one table."""

    runs: Path
    """A line per run: all that the others are made of."""
    rows: Path
    markdown: Path
    latex: Path
    figure: Path


def places(out: Path, experiment: str, name: str) -> Places:
    """Flat under `out`; where `out` holds the experiment's own file, in its results/, tables/ and figures/."""
    results = tables = figures = out
    if (out / f"{experiment}.py").is_file():
        results, tables, figures = out / "results", out / "tables", out / "figures"
    return Places(
        runs=results / f"{name}.runs.csv",
        rows=results / f"{name}.csv",
        markdown=tables / f"{name}.md",
        latex=tables / f"{name}.tex",
        figure=figures / f"{name}.svg",
    )


def committed(path: Path, experiment: Experiment, whole: Experiment, only: Sequence[str], *, must: bool) -> list[Line]:
    """The lines beside an experiment's file, of the groups that match `only`, by default of all.

    Raises ConfigError where there are none and there `must` be.
    """
    file = path.parent / "results" / f"{experiment.name}.runs.csv"
    if not file.is_file():
        if must:
            made = f"`lstm-research table {whole.name} --out {path.parent}`"
            raise ConfigError(f"{file}: no committed numbers; {made} makes them")
        return []
    lines = read_csv(file.read_text("utf-8"), str(file))
    groups = {line.row.partition("/")[0] for line in lines}
    kept = {group for group in groups if not only or any(fnmatchcase(group, pattern) for pattern in only)}
    if must and not kept:
        raise ConfigError(f"{file}: no committed numbers for {', '.join(only)}; there are {', '.join(sorted(groups))}")
    return [line for line in lines if line.row.partition("/")[0] in kept]


def write(experiment: Experiment, lines: Sequence[Line], where: Places, *, merge: bool) -> list[str]:
    """Write all files of a table; returns what to tell the user.

    Args:
      experiment: with every group that `where` may hold lines of.
      merge: keep the groups there that `lines` say nothing about.
    """
    told: list[str] = []
    table, every = _table(experiment, lines, where.runs if merge else None, told)
    files.replace(where.runs, write_csv(every))
    files.replace(where.rows, rows_csv(table))
    files.replace(where.markdown, markdown(table))
    files.replace(where.latex, latex(table))
    files.replace(where.figure, figure(table, every))
    names = ", ".join(path.name for path in (where.markdown, where.latex, where.rows, where.runs, where.figure))
    return [*told, f"written: {names} in {where.markdown.parent}"]


def figure(table: Table, lines: Sequence[Line]) -> str:
    """The table's figure; drawn once for the same numbers, since matplotlib takes its time."""

    def draw() -> str:
        from lstm_research.results.figure import svg

        return svg(table)

    text: str = remembered(["figure", repr(table.experiment), write_csv(lines)], draw)
    return text


def _table(
    experiment: Experiment, lines: Sequence[Line], there: Path | None, told: list[str]
) -> tuple[Table, list[Line]]:
    """The table with the groups that stand in the file `there`; they are put aside where they no longer fit."""
    fresh = list(lines)
    if there is not None and there.is_file():
        try:
            every = merged(read_csv(there.read_text("utf-8"), str(there)), fresh)
            order = [row.key for row in experiment.rows]
            every.sort(key=lambda line: order.index(line.row) if line.row in order else len(order))
            return build(experiment, every), every
        except LabError as error:
            aside = there.with_suffix(".csv.old")
            there.replace(aside)
            told.append(f"warning: numbers of an earlier table no longer fit and were put aside as {aside} ({error})")
    return build(experiment, fresh), fresh
