"""The numbers behind a table, a line per run: what <name>.runs.csv holds, and all that a table is built from."""

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, get_args

from lstm_research.results.experiment import Asked, Experiment
from lstm_research.results.record import Evaluation, Record
from lstm_research.results.selection import direction, score
from lstm_research.types import ConfigError, DataError

Role = Literal["tuning", "final", "both", "naive"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One run in one row; or one naive row, where all but row, role, test and task data is empty."""

    row: str
    """Row key, group/label."""
    role: Role
    """`tuning`: helped to choose a setting; `final`: evaluated on test; `both`; or `naive`."""
    setting: str = ""
    run: str = ""
    seed: int | None = None
    status: str = ""
    select: str = ""
    higher_is_better: bool | None = None
    """Direction of `select`."""
    valid: float = math.nan
    test: float = math.nan
    """The experiment's metric on test; NaN where it was not opened for this run."""
    best_step: int | None = None
    steps: int | None = None
    first_bad_step: int | None = None
    parameters: int | None = None
    seconds: float = math.nan
    openings: int = 0
    """How often the test split was opened for this run."""
    data_digest: str = ""
    also: dict[str, float] = field(default_factory=dict)
    """The experiment's further metrics on test, those of its `heat` among them, as far as there are."""


NAMES = [one.name for one in fields(Line)]
"""Columns of a file of lines; the last is left out where no line has any."""


def collect(
    experiment: Experiment,
    tuning: Iterable[Asked],
    final: Iterable[Asked],
    records: Mapping[str, Record],
    evaluations: Mapping[str, Evaluation],
    naive: Mapping[str, Mapping[str, float]],
    openings: Mapping[str, int] | None = None,
) -> list[Line]:
    """The lines of a table, from what is in the store.

    `records`, `openings` and `evaluations` (of test) go by run id, `naive` (test metrics) by row key.
    Runs without a record are left out: the table then says how many of how many seeds it has. Raises ConfigError if a
    naive row is missing or a final, finished run has not been evaluated on test.
    """
    roles: dict[tuple[str, str], tuple[Asked, Role]] = {(one.row, one.run): (one, "tuning") for one in tuning}
    for one in final:
        held = roles.get((one.row, one.run))
        roles[one.row, one.run] = (one, "both" if held else "final")
    lines = []
    for row in experiment.rows:
        if row.naive is not None:
            if row.key not in naive or experiment.metric not in naive[row.key]:
                raise ConfigError(f"row {row.key}: naive result {row.naive}.{experiment.metric} is missing")
            values = naive[row.key]
            test, also = float(values[experiment.metric]), _also(experiment, values)
            lines.append(Line(row=row.key, role="naive", test=test, also=also))
            continue
        mine = [(one, role) for (key, run), (one, role) in roles.items() if key == row.key and run in records]
        for one, role in mine:
            lines.append(_line(experiment, one, role, records[one.run], evaluations.get(one.run), openings or {}))
    return lines


def _line(
    experiment: Experiment,
    one: Asked,
    role: Role,
    record: Record,
    evaluation: Evaluation | None,
    openings: Mapping[str, int],
) -> Line:
    metric, higher = direction(experiment, [record])
    test, also = math.nan, {}
    if role != "tuning" and record.status == "finished":
        if evaluation is None or evaluation.split != "test" or experiment.metric not in evaluation.metrics:
            raise ConfigError(f"row {one.row}: run {one.run} has not been evaluated on test for {experiment.metric!r}")
        test, also = evaluation.metrics[experiment.metric], _also(experiment, evaluation.metrics)
    return Line(
        row=one.row, role=role, setting=one.setting, run=one.run, seed=one.seed, status=record.status,
        select=metric, higher_is_better=higher, valid=score(record, metric), test=test, best_step=record.best_step,
        steps=record.steps, first_bad_step=record.first_bad_step, parameters=record.parameters,
        seconds=record.seconds, openings=openings.get(one.run, 0), data_digest=record.data_digest,
        also=also,
    )  # fmt: skip


def _also(experiment: Experiment, values: Mapping[str, float]) -> dict[str, float]:
    family = [name for name in values if experiment.heat is not None and name.startswith(experiment.heat.prefix)]
    names = dict.fromkeys([*experiment.also, *family])
    return {name: float(values[name]) for name in names if math.isfinite(values.get(name, math.nan))}


def merge(committed: Iterable[Line], fresh: Iterable[Line]) -> list[Line]:
    """`fresh`, and of `committed` the groups that `fresh` says nothing about: how a table grows group by group."""
    new = list(fresh)
    groups = {line.row.partition("/")[0] for line in new}
    return [line for line in committed if line.row.partition("/")[0] not in groups] + new


def write_csv(lines: Iterable[Line]) -> str:
    """Lines as CSV text; floats with all their digits, so that reading gives back the same bits. NaN is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    lines = list(lines)
    names = NAMES if any(line.also for line in lines) else NAMES[:-1]
    writer.writerow(names)
    for line in lines:
        writer.writerow([_cell(getattr(line, name)) for name in names])
    return text.getvalue()


def read_csv(text: str, name: str = "runs.csv") -> list[Line]:
    """The inverse of `write_csv`. Raises DataError with file and line for anything else."""
    rows = csv.reader(io.StringIO(text), strict=True)
    lines = []
    try:
        head = next(rows, [])
        if head not in (NAMES, NAMES[:-1]):
            raise DataError(f"{name}:1: expected the columns {','.join(NAMES)}; found {','.join(head)}")
        for cells in rows:
            if len(cells) != len(head):
                raise DataError(f"{name}:{rows.line_num}: {len(cells)} columns; expected {len(head)}")
            try:
                lines.append(_parse(dict(zip(head, cells, strict=True))))
            except ValueError as error:
                raise DataError(f"{name}:{rows.line_num}: {error}") from None
    except csv.Error as error:
        raise DataError(f"{name}:{rows.line_num}: {error}") from None
    return lines


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={x!r}" for name, x in value.items())
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def _parse(cells: dict[str, str]) -> Line:
    if cells["role"] not in get_args(Role):
        raise ValueError(f"role is {cells['role']!r}; allowed: {', '.join(get_args(Role))}")
    if cells["higher_is_better"] not in ("True", "False", ""):
        raise ValueError(f"higher_is_better is {cells['higher_is_better']!r}; allowed: True, False, empty")
    return Line(
        row=cells["row"], role=cells["role"],  # type: ignore[arg-type]
        setting=cells["setting"], run=cells["run"], seed=_int(cells["seed"]), status=cells["status"],
        select=cells["select"],
        higher_is_better=None if not cells["higher_is_better"] else cells["higher_is_better"] == "True",
        valid=_float(cells["valid"]), test=_float(cells["test"]), best_step=_int(cells["best_step"]),
        steps=_int(cells["steps"]), first_bad_step=_int(cells["first_bad_step"]), parameters=_int(cells["parameters"]),
        seconds=_float(cells["seconds"]), openings=int(cells["openings"]), data_digest=cells["data_digest"],
        also={name: float(x) for name, _, x in (one.partition("=") for one in cells.get("also", "").split())},
    )  # fmt: skip


def _int(cell: str) -> int | None:
    return int(cell) if cell else None


def _float(cell: str) -> float:
    return float(cell) if cell else math.nan
