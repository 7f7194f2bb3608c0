"""A CSV that is larger than memory, as a `Table` whose columns lie in files: read once, piece by piece.

What is read is kept in the cache folder under the sha256 of the file, and has digests of its own: the next start finds
it there, and notices damage.
"""

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstm_research.data.lock import held
from lstm_research.data.mapped import opened
from lstm_research.data.paths import DataPaths
from lstm_research.data.table import Coded, Table, mark_of, no_rows, nul, numbered, of_cells, read_table, spelt, there
from lstm_research.data.times import stamps
from lstm_research.types import DataError

ROWS = 2**16
"""Rows that are text at once."""
TEXT = 12
"""Bytes that Python needs for a byte of a table of text, about."""
FORM = 1
"""Of what is kept; raised whenever it changes."""


def read_as_fits(
    path: Path,
    paths: DataPaths | None,
    *,
    text: Sequence[str],
    time: str | None,
    numbers: Sequence[str] | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    decimal: str = ".",
) -> Table:
    """`read_table`; or `read_long`, whose arguments these are, where text takes more memory than `paths.held`."""
    there(path)
    if paths is None or paths.held is None or path.stat().st_size * TEXT <= paths.held:
        return read_table(path, delimiter, encoding, decimal)
    return read_long(
        path, paths.cache_dir, text=text, time=time, numbers=numbers, delimiter=delimiter, encoding=encoding,
        decimal=decimal,
    )  # fmt: skip


def read_long(
    path: Path,
    cache: Path,
    *,
    text: Sequence[str],
    time: str | None,
    numbers: Sequence[str] | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    decimal: str = ".",
) -> Table:
    """The file; its cells are read again where a fault must show one.

    Args:
      cache: folder in which it is kept.
      text: columns that name something, such as a group: few different cells, each many times.
      time: the column of time stamps; a file of years that writes 31/12/2001 must tell day from month in every piece.
      numbers: columns that are numbers; None: all others.
      delimiter, encoding, decimal: see `data.table.read_table`.

    Raises:
      DataError: as `read_table`, `Table.numbers` and `stamps` do; and where there is no room.
    """
    asked = repr((FORM, sorted(text), time, None if numbers is None else sorted(numbers), delimiter, encoding, decimal))
    key = hashlib.sha256(f"{_sha256(path)} {asked}".encode()).hexdigest()[:32]
    folder = cache / "long" / key
    with held(cache / "long" / f".{key}.lock"):
        if not (folder / "table.json").is_file():
            made = folder.with_name(f".{key}.part")
            shutil.rmtree(made, ignore_errors=True)
            try:
                made.mkdir(parents=True)
                _write(path, made, text, time, numbers, (delimiter, encoding, decimal))
                made.rename(folder)
            except OSError as error:
                raise DataError(
                    f"{cache}: {path.name} cannot be kept there ({error.strerror}); free some space, or name another "
                    "folder with LSTM_RESEARCH_CACHE"
                ) from error
            finally:
                shutil.rmtree(made, ignore_errors=True)
    return _open(path, folder, delimiter, encoding, decimal)


class Cells(Sequence[str]):
    """The cells of a column that are not kept, each read from the file again: for the words of an error."""

    def __init__(self, path: Path, name: str, rows: int, form: tuple[Any, ...]):
        self._path, self._name, self._rows, self._form = path, name, rows, form

    def __len__(self) -> int:
        return self._rows

    def __iter__(self) -> Iterator[str]:
        for piece in _pieces(self._path, *self._form):
            yield from piece.columns[self._name]

    def __getitem__(self, row: Any) -> Any:
        row = range(self._rows)[row]
        for piece in _pieces(self._path, *self._form):
            if row < len(piece.lines):
                return piece.columns[self._name][row]
            row -= len(piece.lines)
        raise DataError(f"{self._path}: has changed while it was read")


def _write(
    path: Path, folder: Path, text: Sequence[str], time: str | None, numbers: Sequence[str] | None, form: Any
) -> None:
    with _Columns(folder) as columns:
        told = _parse(path, columns, text, time, numbers, form)
    told["sha256"] = {name: digest.hexdigest() for name, (_, digest) in columns.files.items()}
    (folder / "table.json").write_text(json.dumps(told))


class _Columns:
    """Files of a folder that grow by pieces; on leaving they are durable."""

    def __init__(self, folder: Path):
        self._folder = folder
        self.files: dict[str, tuple[Any, Any]] = {}

    def __enter__(self) -> "_Columns":
        return self

    def add(self, name: str, values: np.ndarray) -> None:
        if name not in self.files:
            self.files[name] = ((self._folder / name).open("wb"), hashlib.sha256())
        file, digest = self.files[name]
        file.write(np.ascontiguousarray(values).data)
        digest.update(np.ascontiguousarray(values).data)

    def __exit__(self, *error: object) -> None:
        for file, _ in self.files.values():
            with file:
                file.flush()
                os.fsync(file.fileno())


def _parse(
    path: Path, kept: _Columns, text: Sequence[str], time: str | None, numbers: Sequence[str] | None, form: Any
) -> dict[str, Any]:
    codes: dict[str, dict[str, int]] = {}
    names: tuple[str, ...] = ()
    rows, unit = 0, ""
    for piece in _pieces(path, *form):
        names = piece.names
        kept.add("lines", piece.lines)
        for place, name in enumerate(names):
            if name in text:
                known = codes.setdefault(name, {})
                cells = [known.setdefault(cell, len(known)) for cell in piece.columns[name]]
                kept.add(f"codes{place}", np.array(cells, np.int32))
            elif name == time:
                stamped, now = stamps(piece, name)
                if rows and now != unit:
                    raise DataError(f"{path}:{piece.lines[0]}: column {name!r}: {now} from here on, and {unit} before")
                unit = now
                kept.add("time", stamped)
            elif numbers is None or name in numbers:
                kept.add(f"numbers{place}", piece.numbers(name))
        rows += len(piece.lines)
    if not rows:
        raise no_rows(path, header=True)
    return {
        "names": names,
        "rows": rows,
        "unit": unit,
        "time": time,
        "codes": {name: list(known) for name, known in codes.items()},
    }


def _open(path: Path, folder: Path, *form: Any) -> Table:
    told = json.loads((folder / "table.json").read_text())
    names, rows = told["names"], told["rows"]

    def array(name: str, dtype: Any) -> np.ndarray:
        if _sha256(folder / name) != told["sha256"][name]:
            raise DataError(
                f"{folder}: what was kept of {path.name} is damaged; remove the folder, and it is read again"
            )
        return opened(folder / name, dtype, rows)

    columns: dict[str, Sequence[str]] = {name: Cells(path, name, rows, form) for name in names}
    read = {}
    for place, name in enumerate(names):
        if name in told["codes"]:
            columns[name] = Coded(array(f"codes{place}", np.int32), tuple(told["codes"][name]))
        elif f"numbers{place}" in told["sha256"]:
            read[name] = array(f"numbers{place}", np.float64)
    times = {told["time"]: (array("time", np.float64), told["unit"])} if "time" in told["sha256"] else {}
    return Table(path, tuple(names), array("lines", np.int64), columns, form[2], read, times, folder.parent)


def _pieces(path: Path, delimiter: str | None, encoding: str, decimal: str) -> Iterator[Table]:
    """The file as tables of `ROWS` rows."""
    with path.open(encoding=spelt(encoding), newline="") as file:
        head = next((line for line in file if line.strip()), "")
        mark = mark_of(head, delimiter)
        file.seek(0)
        reader = csv.reader(_without_nul(path, file), delimiter=mark, skipinitialspace=True, strict=True)
        names: tuple[str, ...] = ()
        found: list[tuple[int, list[str]]] = []
        try:
            for line, fields in numbered(path, reader):
                if not names:
                    names = tuple(name.strip() for name in fields)
                else:
                    found.append((line, fields))
                if len(found) == ROWS:
                    yield of_cells(path, names, found, mark, decimal)
                    found = []
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}: after line {reader.line_num}: {error.object[error.start]:#04x} is not {encoding}; say "
                "data.encoding=latin-1, or what it is, or save the file as UTF-8"
            ) from None
        if found:
            yield of_cells(path, names, found, mark, decimal)


def _without_nul(path: Path, lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise nul(path, number)
        yield line


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
