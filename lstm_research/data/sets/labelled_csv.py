"""Labelled sequences of your own: one long CSV whose rows name their sequence, or a folder per class with a CSV each.

    patient  hour  pulse  pressure  outcome
    a17      0     80     120       well
    a17      1     95               well
    b02      0     70     110       ill

`data: {kind: labelled_csv, path: my.csv, group: patient, time: hour, label: outcome}` is classification. With `answer:
days_left` in place of `label` it is regression. In the form of folders, `path: my_folder` holds a folder for each
class, and those a CSV for each sequence.

Rows of a sequence stand together or not, in the order of their times. Empty cells are values that were not measured:
see `task.show`. Splits are by the sha256 of a sequence's name, or as a column `split` says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lstm_research.data.labelled import Labelled, LabelledSet, Ragged
from lstm_research.data.long import read_as_fits
from lstm_research.data.mapped import PIECE, release, scratch
from lstm_research.data.paths import DataPaths
from lstm_research.data.split import SPLITS, Share, check_shares, parted, three_ways
from lstm_research.data.table import Coded, Table, rows_of, there
from lstm_research.data.times import stamps
from lstm_research.types import ConfigError, DataError


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: labelled_csv, path: my.csv, group: id, label: class}"""

    gives: ClassVar[str] = "labelled sequences"

    path: str
    """A CSV, or a folder with a folder for each class, from the current folder."""
    group: str | None = None
    """Of one CSV, the column that says which sequence a row is of."""
    label: str | None = None
    """The column of classes, the same in all rows of a sequence; of folders their names."""
    answer: str | None = None
    """The column of numbers to be told, for regression, the same in all rows of a sequence."""
    time: str | None = None
    """The column of times: in hours where they are dates, else in its own unit. None: rows are steps, in order."""
    columns: tuple[str, ...] = ()
    """The columns that are seen; by default all that have no other part to play."""
    static: tuple[str, ...] = ()
    """Columns that are the same in all rows of a sequence, such as age."""
    split: str | None = None
    """The column that says train, valid or test."""
    valid: Share = 0.1
    """Share of the sequences that is validation, where no column says it."""
    test: Share = 0.2
    """Share of the sequences that is test, where no column says it."""
    delimiter: str | None = None
    """Between fields; None takes comma, semicolon, tab or bar, whichever the header has most of."""
    encoding: str = "utf-8"
    """Of the files."""

    def check(self) -> None:
        """Raises ValueError for fields that contradict each other."""
        check_shares(self.valid, self.test)
        if self.label and self.answer:
            raise ValueError(f"label={self.label} and answer={self.answer}: take one, for classes or for numbers")

    def load(self, paths: DataPaths) -> LabelledSet:
        """The sequences, split.

        Raises:
          ConfigError: no such file or column.
          DataError: a fault of a file.
        """
        found = self._read(Path(self.path), None, paths)
        if self.split:
            place = np.array([SPLITS.index(one.split) for one in found])
        else:
            strata = None if self.answer else [one.label for one in found]
            place = three_ways([one.name for one in found], strata, valid=self.valid, test=self.test)
        split = parted(found, place, f"{self.path}: {len(found)} sequences")
        classes = () if self.answer else tuple(sorted({one.label for one in split[0]}))
        for one in found:
            if classes and one.label not in classes:
                raise DataError(f"{one.where}: class {one.label!r} of {one.name!r} is not in train")
        parts = [self._labelled(part, classes) for part in split]
        gaps = any(np.isnan(values).any() for part in parts for values in part.values)
        return LabelledSet(
            parts[0], parts[1], parts[2], channels=found[0].columns, classes=classes, gaps=gaps, static=self.static
        )

    def load_new(self, path: Path, described: dict[str, Any]) -> LabelledSet:
        """Sequences that a run has not seen; their class or answer may be left out.

        Raises ConfigError, DataError as `load`; also for other columns.
        """
        found = self._read(path, tuple(described["channels"]))
        part = self._labelled(found, tuple(described["classes"]))
        gaps = any(np.isnan(one.values).any() for one in found)
        return LabelledSet(
            part, part, part, channels=found[0].columns, classes=tuple(described["classes"]), gaps=gaps,
            static=self.static,
        )  # fmt: skip

    def _labelled(self, found: "Sequence[_Sequence]", classes: tuple[str, ...]) -> Labelled:
        place = {label: number for number, label in enumerate(classes)}
        answers: Any = (
            np.array([one.answer for one in found], np.float32)
            if self.answer
            else np.array([place.get(one.label, -1) for one in found], np.int32)
        )
        laid = found[0].laid
        values: Any = tuple(one.values.astype(np.float32) for one in found) if laid is None else None
        times: Any = tuple(one.times.astype(np.float32) for one in found) if laid is None else None
        if laid is not None:
            start, length = np.array([one.begin for one in found]), np.array([len(one.values) for one in found])
            values, times = (Ragged(flat, start, length) for flat in laid)
        return Labelled(
            values,
            answers,
            None if self.time is None else times,
            np.stack([one.static for one in found]).astype(np.float32) if self.static else None,
            tuple(one.name for one in found),
        )

    def _read(
        self, path: Path, columns: tuple[str, ...] | None = None, paths: DataPaths | None = None
    ) -> "list[_Sequence]":
        """All sequences; with `columns`, of new data, whose class may be missing; with `paths`, in files if long."""
        if path.is_dir():
            folders = sorted(folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith("."))
            files = [(folder.name, file) for folder in folders for file in sorted(folder.glob("*.csv"))]
            if not files:
                raise DataError(f"{path}: no folder for each class with CSV files in it")
            found = []
            for label, file in files:
                table = self._table(file)
                every = np.arange(len(table.lines))
                found.append(self._sequence(table, f"{label}/{file.stem}", every, columns, label))
            return found
        there(path)  # a misspelt folder must not be asked for its columns
        if self.group is None:
            raise ConfigError("data.group is missing: which column of the file says of which sequence a row is?")
        if columns is None and not (self.label or self.answer):
            raise ConfigError("data.label is missing: the column of classes; or, for regression, data.answer")
        table = self._table(path, paths)
        table.require([self.group], "data.group")
        sequences = (
            self._sequence(table, name, rows, columns, None)
            for name, rows in rows_of(table.columns[self.group]).items()
        )
        return list(sequences) if table.folder is None else _laid(sequences, table)

    def _table(self, path: Path, paths: DataPaths | None = None) -> Table:
        text = [name for name in (self.group, self.label, self.answer, self.split, *self.static) if name]
        table = read_as_fits(
            path, paths, text=text, time=self.time, numbers=self.columns or None, delimiter=self.delimiter,
            encoding=self.encoding,
        )  # fmt: skip
        for names, field in ((self.columns, "columns"), (self.static, "static"),
                             ((self.time,) if self.time else (), "time")):  # fmt: skip
            table.require(names, f"data.{field}")
        return table

    def _sequence(
        self, table: Table, name: str, rows: np.ndarray, columns: tuple[str, ...] | None, label: str | None
    ) -> "_Sequence":
        others = {self.group, self.label, self.answer, self.time, self.split, *self.static}
        names = columns or self.columns or tuple(column for column in table.names if column not in others)
        table.require(names, "data.columns")
        times = np.arange(len(rows), dtype=np.float64)
        if self.time:
            stamped, unit = stamps(table, self.time)
            times = stamped[rows] / (3600 if unit == "seconds" else 1)
            back = np.concatenate([[False], np.diff(times) < 0])
            if back.any():
                cells = table.columns[self.time]
                raise table.fault(
                    self.time, table.lines[rows], back,
                    lambda row: f"{cells[rows[row]]!r} comes after {cells[rows[row - 1]]!r} in {name!r}",
                    "sort the rows of a sequence by their times",
                )  # fmt: skip
            times = times - times[0]
        values = np.stack([table.numbers(column)[rows] for column in names], axis=1)
        where = f"{table.path}:{table.lines[rows[0]]}"
        new = columns is not None
        given = label if label is not None else self._same(table, self.label, name, rows, new)
        answer = self._same(table, self.answer, name, rows, new)
        split = self._same(table, self.split, name, rows) if columns is None else None
        if self.split and columns is None and split not in SPLITS:
            raise DataError(f"{where}: column {self.split!r}: {split!r} is none of train, valid, test")
        if columns is None and self.answer and not _is_number(answer):
            raise DataError(f"{where}: column {self.answer!r}: {answer!r} of {name!r} is not a number")
        static = np.array([_number(self._same(table, column, name, rows)) for column in self.static], np.float64)
        return _Sequence(name, where, names, values, times, static, given or "", _number(answer), split or "")

    @staticmethod
    def _same(table: Table, column: str | None, name: str, rows: np.ndarray, optional: bool = False) -> str | None:
        """The cell that all rows of a sequence have; None without a column, or where it is optional and not there."""
        if column is None or (optional and column not in table.columns):
            return None
        table.require([column], "data.label, answer, split or static")
        cells = table.columns[column]
        odd = (
            cells.codes[rows] != cells.codes[rows[0]]
            if isinstance(cells, Coded)
            else np.array([cells[row] != cells[rows[0]] for row in rows])
        )
        if odd.any():
            raise table.fault(
                column, table.lines[rows], odd, lambda row: f"{cells[rows[row]]!r}, and {cells[rows[0]]!r} before, in "
                f"sequence {name!r}", "it is the same in all rows of a sequence",
            )  # fmt: skip
        return cells[rows[0]]


@dataclass(frozen=True)
class _Sequence:
    name: str
    where: str
    columns: tuple[str, ...]
    values: np.ndarray
    times: np.ndarray
    static: np.ndarray
    label: str
    answer: float
    split: str
    laid: tuple[np.ndarray, np.ndarray] | None = None
    """Steps and times of all sequences of a long file, of which those of this one are a part."""
    begin: int = 0
    """Where that part begins."""


def _laid(sequences: Iterable[_Sequence], table: Table) -> list[_Sequence]:
    """The sequences, their steps and times in files, end to end."""
    assert table.folder is not None
    found: list[_Sequence] = []
    begin = read = 0
    for one in sequences:
        if not found:
            rows = len(table.lines)
            flat = scratch(table.folder, (rows, one.values.shape[1]), np.float32)
            times = scratch(table.folder, (rows,), np.float32)
        here = slice(begin, begin + len(one.values))
        flat[here], times[here] = one.values, one.times
        found.append(replace(one, values=flat[here], times=times[here], laid=(flat, times), begin=begin))
        begin, read = here.stop, read + one.values.size
        if read > PIECE:
            release({**table.numbers_read, "flat": flat, "times": times})
            read = 0
    release({**table.numbers_read, "flat": flat, "times": times})
    return found


def _is_number(cell: str | None) -> bool:
    return bool(np.isfinite(_number(cell)))


def _number(cell: str | None) -> float:
    try:
        return float(cell or "nan")
    except ValueError:
        return float("nan")
