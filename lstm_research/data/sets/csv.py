"""A CSV of your own: one series, or, with `group`, a panel of them.

    timestamp            store  sales  price  holiday
    2024-01-01 00:00:00  a      12.5   3.2    1

`data: {kind: csv, path: my.csv, time: timestamp, target: sales, group: store, columns: [price],
  known_future: [holiday]}`

Rows are steps at equal distances in time, which is inferred and checked. Each series is split in time order. What is
not as it should be is an error that names file, line and column, and the setting that would accept it.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt

from lstm_research.data.long import read_as_fits
from lstm_research.data.paths import DataPaths
from lstm_research.data.series import Borders, Series, SeriesSet, borders_by_share, digest_of
from lstm_research.data.steps import Rows, regular
from lstm_research.data.table import Table
from lstm_research.types import DataError


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: csv, path: my.csv, target: y, time: date}"""

    gives: ClassVar[str] = "series"

    path: str
    """The file, from the current folder."""
    target: str | tuple[str, ...]
    """The column, or columns, that are forecast."""
    time: str | None = None
    """The column of time stamps; None where rows have none and are in order."""
    group: str | None = None
    """The column that says which series a row is of."""
    columns: tuple[str, ...] = ()
    """Further columns that are seen and not forecast."""
    known_future: tuple[str, ...] = ()
    """Columns that are known in advance, such as holidays or planned prices."""
    static: tuple[str, ...] = ()
    """Columns that are the same in all rows of a group."""
    season: Annotated[int, Ge(1)] | None = None
    """Steps of a season; None infers it from the step: 24 of hours, 7 of days, 52 of weeks, 12 of months; else 1."""
    missing: Literal["error", "forward", "mean", "zero"] = "error"
    """What stands for a missing value: the one before it, or the mean of train; nothing that comes later. What was
    filled is forecast and scored as if it had been measured."""
    gaps: Literal["error", "fill", "ignore"] = "error"
    """Where time stamps are left out: rows put in, which `missing` fills; or rows are steps whatever their times, as
    for trading days."""
    unsorted: Literal["error", "sort"] = "error"
    """Rows that are not in the order of their times."""
    duplicates: Literal["error", "first", "last", "mean"] = "error"
    """Which of several rows of one time stays."""
    train: Annotated[float, Gt(0), Lt(1)] = 0.7
    """Share of each series, from its beginning, that is trained on."""
    valid: Annotated[float, Gt(0), Lt(1)] = 0.1
    """Share that follows it, for selection; the rest is test."""
    delimiter: str | None = None
    """Between fields; None takes comma, semicolon, tab or bar, whichever the header has most of."""
    decimal: Literal[".", ","] = "."
    """Decimal point."""
    encoding: str = "utf-8"
    """Of the file."""

    def check(self) -> None:
        """Raises ValueError for fields that contradict each other."""
        if self.train + self.valid >= 1:
            raise ValueError(f"train={self.train:g} and valid={self.valid:g} leave nothing to test on")
        if self.gaps == "fill" and self.missing == "error":
            raise ValueError("gaps=fill puts in rows without values; say what stands in them, such as missing=forward")
        names = [*self.targets, *self.columns, *self.known_future, *self.static]
        names += [name for name in (self.time, self.group) if name]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"column {name!r} is given twice; each has one part to play")
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise ValueError(f"delimiter={self.delimiter!r} is not one character")

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns that are forecast."""
        return (self.target,) if isinstance(self.target, str) else self.target

    def load(self, paths: DataPaths) -> SeriesSet:
        """The series, split.

        Raises:
          ConfigError: no such file or column.
          DataError: a fault of the file.
        """
        table = self._table(Path(self.path), paths)
        return self._set(table, self._borders)

    def load_new(self, path: Path, described: dict[str, Any]) -> SeriesSet:
        """Rows that a run has not seen, in the form of those it was trained on; borders mean nothing here.

        Rows at the end of a series that have no target, but what is known in advance, are not forecast from.

        Args:
          described: see `data.series.described`, stored with the run.

        Raises ConfigError, DataError as `load`; also for another time step.
        """
        data = replace(self, season=described["season"])._set(self._table(path), None)
        if data.step != described["step"]:
            raise DataError(f"{path}: rows are {data.step} apart; the run was trained on steps of {described['step']}")
        return replace(data, told="")  # it tells of borders

    def _table(self, path: Path, paths: DataPaths | None = None) -> Table:
        table = read_as_fits(
            path, paths, text=[self.group] if self.group else [], time=self.time,
            numbers=(*self.targets, *self.columns, *self.known_future, *self.static), delimiter=self.delimiter,
            encoding=self.encoding, decimal=self.decimal,
        )  # fmt: skip
        for names, name in (
            (self.targets, "target"), (self.columns, "columns"), (self.known_future, "known_future"),
            (self.static, "static"), ((self.time,) if self.time else (), "time"),
            ((self.group,) if self.group else (), "group"),
        ):  # fmt: skip
            table.require(names, f"data.{name}")
        return table

    def _set(self, table: Table, borders: Any) -> SeriesSet:
        rows = regular(table, self)
        new = borders is None
        series = tuple(self._series(table, one, self._new if new else borders, new) for one in rows.groups)
        columns = (*self.targets, *self.columns)
        targets = tuple(range(len(self.targets)))
        season = self.season or (rows.step.season if rows.step else 1)
        data = SeriesSet(
            series, columns, targets, season, digest_of(series, columns, targets),
            step=str(rows.step) if rows.step else "",
        )  # fmt: skip
        return replace(data, told=self._told(table, data, rows))

    def _series(self, table: Table, one: Rows, borders: Any, new: bool) -> Series:
        values = one.columns(table, (*self.targets, *self.columns))
        known = one.columns(table, self.known_future) if self.known_future else None
        if new and known is not None:
            seen = ~np.isnan(values[:, : len(self.targets)]).all(axis=1)
            values = values[: int(np.flatnonzero(seen)[-1]) + 1 if seen.any() else len(values)]
        where: Borders = borders(one, len(values))
        values = one.filled(table, values, (*self.targets, *self.columns), where.train, self.missing)
        if known is not None:
            known = one.filled(table, known, self.known_future, where.train, self.missing)
        time = None if one.time is None or one.unit == "numbers" else np.floor(one.time).astype(np.int64)
        static = one.constant(table, self.static) if self.static else None
        return Series(one.name, values, where, time=time if time is None else time[: len(values)], known=known,
                      static=static)  # fmt: skip

    def _borders(self, one: Rows, steps: int) -> Borders:
        borders = borders_by_share(steps, self.train, self.valid)
        if not 0 < borders.train < borders.valid < borders.test:
            raise DataError(
                f"{one.path}: {one.name}: {steps} rows are too few for splits of {self.train:.0%}, {self.valid:.0%} "
                "and the rest; give more rows, or other shares with data.train and data.valid"
            )
        return borders

    @staticmethod
    def _new(one: Rows, steps: int) -> Borders:
        return Borders(steps, steps, steps)

    def _told(self, table: Table, data: SeriesSet, rows: Any) -> str:
        lengths = [len(one.values) for one in data.series]
        many = f"{len(data.series)} series of {min(lengths):,} to {max(lengths):,} steps" if len(lengths) > 1 else (
            f"{lengths[0]:,} steps"
        )  # fmt: skip
        step = f" of {data.step}" if data.step else ""
        one = data.series[0]
        ends = [str(b) if one.time is None else str(one.time[b - 1].astype("datetime64[s]")).replace("T", " ")
                for b in one.borders]  # fmt: skip
        filled = sum(group.filled_in for group in rows.groups)
        told = (
            f"{table.path}: {many}{step}, season {data.season}; train to {ends[0]}, valid to {ends[1]}, "
            f"test to {ends[2]}"
            f"{'' if len(lengths) == 1 else f' (of {one.name})'}"
        )
        return told + (f"; {filled:,} missing values filled ({self.missing})" if filled else "")
