"""Rows of a table as series of equal steps: sorted, without repeats or gaps, or an error that says which row is not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lstm_research.data.mapped import pieces, release, scratch
from lstm_research.data.table import Table, rows_of
from lstm_research.data.times import Step, stamps, step_of, steps_between
from lstm_research.types import DataError

ONLY = "series"
"""What a series is called in a file of one: the next file of its kind may have another name."""


@dataclass
class Rows:
    """The rows of one series, in order; a place without a row is one that was put in."""

    path: Path
    name: str
    rows: Sequence[np.ndarray]
    """For every step the rows of the table that make it: none, one, or several whose mean it is."""
    lines: np.ndarray
    """int64[t]: the line of each step, or of the one before it."""
    time: np.ndarray | None
    unit: str = ""
    filled_in: int = field(default=0)
    """Values that were missing and have been filled."""

    def columns(self, table: Table, names: Sequence[str]) -> np.ndarray:
        """float64[t k], NaN where a value is missing or a step was put in."""
        if table.folder is None or not isinstance(self.rows, Singles):
            return np.stack([self._column(table.numbers(name)) for name in names], axis=1)
        found = scratch(table.folder, (len(self.rows), len(names)), np.float64)
        for column, name in enumerate(names):
            numbers = table.numbers(name)
            for piece in pieces(found, numbers):
                found[piece, column] = numbers[self.rows.every[piece]]
        return found

    def filled(self, table: Table, values: np.ndarray, names: Sequence[str], train: int, policy: str) -> np.ndarray:
        """The values without gaps.

        Raises:
          DataError: a value is missing and `policy` is "error", or there is nothing to fill it with.
        """
        for column in range(values.shape[1]):
            where, name = np.isnan(values[:, column]), names[column]
            release(values)
            self.filled_in += int(where.sum())
            if not where.any():
                continue
            lines = self.lines[: len(values)]
            if policy == "error":
                raise table.fault(
                    name, lines, where, lambda row: "a value is missing",
                    "say what stands for it: data.missing=forward, mean or zero",
                )  # fmt: skip
            if policy == "zero":
                values[where, column] = 0.0
            elif policy == "mean":
                if where[:train].all():
                    raise table.fault(name, lines, where, lambda row: "no value at all in train, so there is no mean")
                values[where, column] = values[:train, column][~where[:train]].mean()
            else:
                last = np.maximum.accumulate(np.where(where, -1, np.arange(len(values))))
                if last[0] < 0:
                    raise table.fault(
                        name, lines, last < 0, lambda row: "a value is missing, and none comes before it",
                        "leave the first rows out, or say data.missing=mean or zero",
                    )  # fmt: skip
                values[:, column] = values[last, column]
        return values

    def constant(self, table: Table, names: Sequence[str]) -> np.ndarray:
        """float64[s]: what is the same in all rows. Raises DataError where it is not, or is missing."""
        found = []
        rows = _all_of(self.rows)
        for name in names:
            values = table.numbers(name)[rows]
            odd = values != values[0]
            if odd.any():
                at = table.lines[rows]
                told = f"{values[np.argmax(odd)]:g}, and {values[0]:g} before, in series {self.name!r}"
                raise table.fault(
                    name, at, odd, lambda row, told=told: told,  # type: ignore[misc]
                    "a static column is the same in all rows of a group; name it in data.columns instead",
                )  # fmt: skip
            found.append(values[0])
        return np.array(found, np.float64)

    def _column(self, numbers: np.ndarray) -> np.ndarray:
        if all(len(rows) == 1 for rows in self.rows):
            return numbers[_all_of(self.rows)]
        return np.array([numbers[rows].mean() if len(rows) else np.nan for rows in self.rows], np.float64)


class Singles(Sequence[np.ndarray]):
    """One row for every step, int64[t], where an array for each would take more than the rows themselves."""

    def __init__(self, every: np.ndarray):
        self.every = every

    def __len__(self) -> int:
        return len(self.every)

    def __getitem__(self, step: Any) -> Any:
        return self.every[step, None]


def _all_of(rows: Sequence[np.ndarray]) -> np.ndarray:
    return rows.every if isinstance(rows, Singles) else np.concatenate(rows)


class Grouped(NamedTuple):
    """All series of a table, and the step they share."""

    groups: list[Rows]
    step: Step | None


def regular(table: Table, policy: Any) -> Grouped:
    """The series of a table.

    Args:
      policy: has `time`, `group`, `unsorted`, `duplicates`, `gaps`: see `data.sets.csv.Config`.

    Raises:
      DataError: times that are unsorted, repeated, left out or irregular, where `policy` does not accept it.
    """
    time, unit = stamps(table, policy.time) if policy.time else (None, "")
    every = np.arange(len(table.lines))
    if policy.group:
        parted = rows_of(table.columns[policy.group])
    else:
        parted = {ONLY: every}
    groups = []
    for name, rows in parted.items():
        if time is None:
            groups.append(Rows(table.path, name, Singles(rows), table.lines[rows], None))
        else:
            groups.append(_in_order(table, policy, name, rows, time, unit))
    if time is None:
        return Grouped(groups, None)
    longest = max(groups, key=lambda one: len(one.rows))
    if len(longest.rows) < 2:
        raise DataError(f"{table.path}: one row in each series: no step in time can be told; give more rows")
    assert longest.time is not None
    step = step_of(longest.time, unit)
    if policy.gaps != "ignore":
        groups = [_evenly(table, policy, one, step) for one in groups]
    return Grouped(groups, step)


def _in_order(table: Table, policy: Any, name: str, rows: np.ndarray, time: np.ndarray, unit: str) -> Rows:
    of_group = f" of {name!r}" if policy.group else ""
    own = time[rows]
    cells = table.columns[policy.time]
    back = np.concatenate([[False], own[1:] < own[:-1]])
    if back.any():
        if policy.unsorted == "error":
            raise table.fault(
                policy.time, table.lines[rows], back,
                lambda row: f"{cells[rows[row]]!r} comes after {cells[rows[row - 1]]!r}{of_group}",
                "sort the rows, or say data.unsorted=sort",
            )  # fmt: skip
        rows = rows[np.argsort(own, kind="stable")]
        own = time[rows]
    again = np.concatenate([[False], own[1:] == own[:-1]])
    if again.any() and policy.duplicates == "error":
        hint = "" if policy.group else ", or name the column that tells series apart with data.group"
        raise table.fault(
            policy.time, table.lines[rows], again, lambda row: f"{cells[rows[row]]!r} a second time{of_group}",
            f"say which row stays: data.duplicates=first, last or mean{hint}",
        )  # fmt: skip
    begins = np.flatnonzero(~again)
    together: Sequence[np.ndarray] = Singles(rows)
    if again.any():
        together = np.split(rows, begins[1:])
        if policy.duplicates != "mean":
            together = [same[:1] if policy.duplicates == "first" else same[-1:] for same in together]
    return Rows(table.path, name, together, table.lines[rows][begins], own[begins], unit)


def _evenly(table: Table, policy: Any, one: Rows, step: Step) -> Rows:
    """With a step for every time between the first and the last."""
    assert one.time is not None
    between = steps_between(one.time, step)
    cells = table.columns[policy.time]
    odd = np.concatenate([[False], between != np.round(between)])
    if odd.any():
        raise table.fault(
            policy.time, one.lines, odd,
            lambda row: f"{cells[one.rows[row][0]]!r} is no whole number of steps of {step} after "
            f"{cells[one.rows[row - 1][0]]!r}",
            "bring the rows to equal steps first, or say data.gaps=ignore to take them as they come",
        )  # fmt: skip
    left_out = np.concatenate([[False], between != 1])
    if not left_out.any():
        return one
    if policy.gaps == "error":
        missing = int(between[int(np.argmax(left_out)) - 1]) - 1
        raise table.fault(
            policy.time, one.lines, left_out,
            lambda row: f"{cells[one.rows[row][0]]!r} follows {cells[one.rows[row - 1][0]]!r}: {missing:,} steps of "
            f"{step} are left out",
            "say data.gaps=fill and data.missing=forward, or, for trading days and the like, data.gaps=ignore",
        )  # fmt: skip
    places = np.concatenate([[0], np.cumsum(between)]).astype(np.int64)
    rows: list[np.ndarray] = [np.empty(0, np.int64)] * (int(places[-1]) + 1)
    for place, own in zip(places, one.rows, strict=True):
        rows[place] = own
    before = np.searchsorted(places, np.arange(len(rows)), side="right") - 1
    return Rows(one.path, one.name, rows, one.lines[before], _times(one.time, step, len(rows)), one.unit)


def _times(time: np.ndarray, step: Step, steps: int) -> np.ndarray:
    if step.unit != "months":
        return time[0] + step.size * np.arange(steps)
    first = time[:1].astype("datetime64[s]")
    months = first.astype("datetime64[M]")
    later = months + (int(step.size) * np.arange(steps)).astype("timedelta64[M]")
    return (later.astype("datetime64[s]") + (first - months)).astype(np.float64)
