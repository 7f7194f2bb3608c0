"""A CSV file as columns of text and of numbers; every fault by file, line and column."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lstm_research.config.nearest import nearest, unknown
from lstm_research.types import ConfigError, DataError

DELIMITERS = (",", ";", "\t", "|")
MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "nil", "?", "-"))
"""How files say that a value is missing, in any case."""


@dataclass(frozen=True)
class Table:
    """A file with a header and n rows."""

    path: Path
    names: tuple[str, ...]
    lines: np.ndarray
    """int64[n]: where each row begins in the file, from 1."""
    columns: dict[str, Sequence[str]]
    """Name -> n cells, stripped."""
    decimal: str = "."
    numbers_read: dict[str, np.ndarray] = field(default_factory=dict)
    """What `numbers` gives of columns that it has been asked for."""
    times: dict[str, tuple[np.ndarray, str]] = field(default_factory=dict)
    """Name -> what `data.times.stamps` gives, where it is known."""
    folder: Path | None = None
    """For arrays that are made of it; None where they are in memory, as it is."""

    def require(self, names: Sequence[str], field: str) -> None:
        """Raises ConfigError unless the file has these columns; `field` is the config's that names them."""
        for name in names:
            if name not in self.columns:
                raise ConfigError(f"{field}: {unknown('column', name, self.names, f'not in {self.path}')}")

    def numbers(self, name: str) -> np.ndarray:
        """float64[n], NaN where the file says that a value is missing. Raises DataError for text and for infinity."""
        if name not in self.numbers_read:
            self.numbers_read[name] = self._numbers(name)
        return self.numbers_read[name]

    def _numbers(self, name: str) -> np.ndarray:
        cells = self.columns[name]
        if self.decimal != ".":
            cells = [cell.replace(self.decimal, ".") for cell in cells]
        try:
            values = np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            values = np.array([_number(cell) for cell in cells], np.float64)
        if np.isinf(values).any():
            told = self.columns[name]
            raise self.fault(
                name, self.lines, np.isinf(values), lambda row: f"{told[row]!r} is not a finite number",
                self._remedy(told),
            )  # fmt: skip
        return values

    def fault(
        self, name: str, lines: np.ndarray, where: np.ndarray, why: Callable[[int], str], remedy: str = ""
    ) -> DataError:
        """The error for the first row of bool[n] `where`, and how many more there are."""
        first, number = int(np.argmax(where)), int(where.sum())
        more = "" if number == 1 else f" (and {number - 1:,} more)"
        return DataError(
            f"{self.path}:{lines[first]}: column {name!r}: {why(first)}{more}{'; ' if remedy else ''}{remedy}"
        )

    def _remedy(self, cells: Sequence[str]) -> str:
        if self.decimal == "." and any("," in cell and _number(cell.replace(",", ".")) < np.inf for cell in cells):
            return "where a comma is the decimal point, say data.decimal=,"
        return "mend the cell, or empty it where nothing was measured"


class Coded(Sequence[str]):
    """Cells of which there are few different ones: each row has the number of one."""

    def __init__(self, codes: np.ndarray, names: tuple[str, ...]):
        self.codes, self.names = codes, names

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: Any) -> Any:
        return self.names[self.codes[row]]


def rows_of(cells: Sequence[str]) -> dict[str, np.ndarray]:
    """Cell -> int64[n], the rows that have it; in the order of their first ones."""
    if isinstance(cells, Coded):
        order = np.argsort(cells.codes, kind="stable")
        ends = np.cumsum(np.bincount(cells.codes, minlength=len(cells.names)))
        return dict(zip(cells.names, np.split(order, ends[:-1]), strict=True))
    found: dict[str, list[int]] = {}
    for row, name in enumerate(cells):
        found.setdefault(name, []).append(row)
    return {name: np.array(rows) for name, rows in found.items()}


def _number(cell: str) -> float:
    """A cell's number, NaN where it says that it is missing, infinity for anything else."""
    try:
        return float(cell)
    except ValueError:
        return float("nan") if cell.lower() in MISSING else float("inf")


def read_table(path: Path, delimiter: str | None = None, encoding: str = "utf-8", decimal: str = ".") -> Table:
    """The file, every row of it as wide as its header.

    Args:
      delimiter: between fields; None takes what is most frequent in the header, of comma, semicolon, tab and bar.
      encoding: a byte order mark is skipped.
      decimal: of numbers.

    Raises:
      ConfigError: no such file, an unknown encoding.
      DataError: an empty, ragged or undecodable file, two columns of one name.
    """
    text = text_of(path, encoding)
    head = next((line for line in text.splitlines() if line.strip()), "")
    mark = mark_of(head, delimiter)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True, strict=True)
    found = list(numbered(path, reader))
    if len(found) < 2:
        raise no_rows(path, header=bool(found))
    (_, header), *rest = found
    return of_cells(path, tuple(name.strip() for name in header), rest, mark, decimal)


def numbered(path: Path, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """(line that it begins in, fields) of every row of a `csv.reader` that is not empty. Raises DataError."""
    before = 0
    try:
        for fields in reader:
            if any(fields):
                yield before + 1, fields
            before = reader.line_num
    except csv.Error as error:
        raise DataError(f"{path}:{before + 1}: {error}; mend the quotes") from None


def of_cells(
    path: Path, names: tuple[str, ...], found: Sequence[tuple[int, list[str]]], mark: str, decimal: str
) -> Table:
    """A table of rows as `numbered` gives them, at least one.

    Raises DataError for a header that is none, or rows of another width.
    """
    lines, rows = zip(*found, strict=True)
    _check_names(path, names, rows[0], mark)
    _check_width(path, lines, rows, len(names), mark)
    cells = zip(names, zip(*rows, strict=True), strict=True)
    columns: dict[str, Sequence[str]] = {name: [cell.strip() for cell in each] for name, each in cells}
    return Table(path, names, np.array(lines, np.int64), columns, decimal)


def no_rows(path: Path, *, header: bool) -> DataError:
    """Of a file with no row of values."""
    return DataError(f"{path}: {'only a header' if header else 'empty'}: needs a header line and rows of values")


def nul(path: Path, line: int) -> DataError:
    """Of a file with a NUL byte."""
    return DataError(f"{path}:{line}: a NUL byte: no text, or UTF-16; for the latter say data.encoding=utf-16")


def mark_of(head: str, delimiter: str | None) -> str:
    """What is between fields, where a header is like this."""
    return delimiter or max(DELIMITERS, key=head.count)


def spelt(encoding: str) -> str:
    """An encoding that skips a byte order mark. Raises ConfigError for one that is not known."""
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise ConfigError(f"data.encoding={encoding!r} is not known; for example utf-8, latin-1, utf-16") from None
    return "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding


def _check_width(path: Path, lines: Sequence[int], rows: Sequence[Sequence[str]], width: int, mark: str) -> None:
    """Raises DataError unless every row is as wide as the header."""
    odd = [(line, len(fields)) for line, fields in zip(lines, rows, strict=True) if len(fields) != width]
    if odd:
        line, found = odd[0]
        more = f" (and {len(odd) - 1:,} more)" if len(odd) > 1 else ""
        raise DataError(
            f"{path}:{line}: {found} fields, and {width} in the header{more}; fields are separated by {mark!r}: quote "
            "what holds one, or name another with data.delimiter"
        )


def there(path: Path) -> None:
    """Raises ConfigError unless a file is there, and names the one that may be meant."""
    if not path.is_file():
        folder = path.absolute().parent
        others = sorted(file.name for file in folder.iterdir() if file.is_file()) if folder.is_dir() else []
        raise ConfigError(f"data.path: file {path.name!r} is not there, in {folder}{nearest(path.name, others)}")


def text_of(path: Path, encoding: str) -> str:
    """A file's content.

    Raises ConfigError where there is none, or for an unknown encoding; DataError for what it cannot decode.
    """
    there(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    if b"\0" in content and not encoding.lower().startswith("utf-16"):
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise nul(path, line)
    try:
        return content.decode(spelt(encoding))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        begin = content.rfind(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}:{line}: byte {error.start - begin + 1}: {content[error.start]:#04x} is not {encoding}; say "
            "data.encoding=latin-1, or what it is, or save the file as UTF-8"
        ) from None


def lines_of(path: Path, encoding: str, remedy: str) -> list[str]:
    """Its lines that hold something, stripped. Raises as `text_of`, and DataError with a remedy where it has none."""
    found = [line.strip() for line in text_of(path, encoding).splitlines() if line.strip()]
    if not found:
        raise DataError(f"{path}: empty; {remedy}")
    return found


def _check_names(path: Path, names: tuple[str, ...], first: Sequence[str], mark: str) -> None:
    """Raises DataError for a header that is none."""
    for place, name in enumerate(names, 1):
        if not name:
            raise DataError(f"{path}:1: column {place} has no name; name every column in the header")
        if names.count(name) > 1:
            raise DataError(f"{path}:1: two columns are called {name!r}; rename one")
    if all(_number(name) < np.inf for name in names) and all(_number(cell) < np.inf for cell in first):
        raise DataError(
            f"{path}:1: the header is {mark.join(names)[:60]}: numbers, so it seems to be missing; put names there"
        )
