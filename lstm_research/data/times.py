"""Time stamps as files write them, and the step between them."""

import re
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from lstm_research.data.table import Table
from lstm_research.types import DataError

EPOCH_SECONDS, EPOCH_MILLISECONDS = 1e9, 1e12
"""Numbers from here on are read as seconds, and as milliseconds, since 1970."""
SLASHES = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[ T](\d{1,2}:\d{2}(?::\d{2})?))?$")
QUARTER = re.compile(r"(\d{4})-?[Qq]([1-4])$")
HOUR, DAY = 3600, 86400


class Step(NamedTuple):
    """The distance of two rows: in whole months, which are of unequal length, or in seconds, or in plain numbers."""

    size: float
    unit: str
    """months, seconds or numbers."""

    def __str__(self) -> str:
        if self.unit == "months":
            return {1: "a month", 3: "a quarter", 12: "a year"}.get(int(self.size), f"{self.size:g} months")
        if self.unit == "numbers":
            return f"{self.size:g}"
        for name, seconds in (("week", 7 * DAY), ("day", DAY), ("hour", HOUR), ("minute", 60)):
            if self.size % seconds == 0:
                number = int(self.size // seconds)
                return f"{'an' if name == 'hour' else 'a'} {name}" if number == 1 else f"{number} {name}s"
        return f"{self.size:g} s"

    @property
    def season(self) -> int:
        """Steps of the shortest season that is usual for such a step; 1 where there is none."""
        if self.unit == "months":
            return {1: 12, 2: 6, 3: 4, 6: 2}.get(int(self.size), 1)
        if self.unit == "numbers":
            return 1
        if self.size in (DAY, 7 * DAY):
            return 7 if self.size == DAY else 52
        return int(DAY // self.size) if self.size < DAY and DAY % self.size == 0 else 1


def stamps(table: Table, name: str) -> tuple[np.ndarray, str]:
    """(float64[n], unit) of a column: seconds since 1970 in UTC, unit "seconds"; or the numbers in it, unit "numbers".

    Read are ISO dates and times, `1949-01`, `2001Q3`, years, seconds or milliseconds since 1970, plain numbers, and
    `31/12/2001` where the column leaves no doubt about what is the month.

    Raises:
      DataError: for what is none of these, and for stamps with and without a time zone in one column.
    """
    if name in table.times:
        return table.times[name]
    cells = table.columns[name]
    numbers = _numbers(cells)
    if numbers is not None:
        if (numbers >= EPOCH_SECONDS).all():
            return (numbers / 1000 if (numbers >= EPOCH_MILLISECONDS).all() else numbers), "seconds"
        if ((numbers >= 1000) & (numbers < 3000) & (numbers == np.floor(numbers))).all():
            return _seconds_of([f"{int(year)}-01-01" for year in numbers]), "seconds"
        return numbers, "numbers"
    slashes = [SLASHES.match(cell) for cell in cells[:1]]
    if slashes[0]:
        return _slashed(table, name), "seconds"
    found = [_parsed(cell) for cell in cells]
    bad = np.array([one is None for one in found])
    if bad.any():
        raise table.fault(
            name, table.lines, bad, lambda row: f"{cells[row]!r} is not a time",
            f"the first row has {cells[0]!r}; write 2024-12-31 or 2024-12-31 23:00:00",
        )  # fmt: skip
    zoned = np.array([one is not None and one.tzinfo is not None for one in found])
    if zoned.any() and not zoned.all():
        odd = zoned != zoned[0]
        raise table.fault(
            name, table.lines, odd, lambda row: f"{cells[row]!r} has {'a' if zoned[row] else 'no'} time zone, and "
            f"the first row has {'one' if zoned[0] else 'none'}", "write all with one, or none",
        )  # fmt: skip
    return np.array([_second(one) for one in found if one is not None], np.float64), "seconds"


def step_of(time: np.ndarray, unit: str) -> Step:
    """The most frequent step of two or more ascending stamps: in months where all lie at one place in their months."""
    if unit == "seconds":
        whole = time.astype("datetime64[s]")
        months = whole.astype("datetime64[M]")
        into = whole - months
        apart = np.diff(months).astype(np.int64)
        if (into == into[0]).all() and (apart >= 1).all():
            return Step(_most_frequent(apart), "months")
    return Step(_most_frequent(np.diff(time)), unit)


def steps_between(time: np.ndarray, step: Step) -> np.ndarray:
    """float64[n-1]: how many steps lie between two stamps; whole where none is irregular, 1 where none is missing."""
    if step.unit == "months":
        return np.diff(time.astype("datetime64[s]").astype("datetime64[M]").astype(np.float64)) / step.size
    return np.diff(time) / step.size


def _most_frequent(values: np.ndarray) -> float:
    found, counts = np.unique(values, return_counts=True)
    return float(found[np.argmax(counts)])


def _numbers(cells: object) -> np.ndarray | None:
    try:
        values = np.array([float(cell) for cell in cells], np.float64)  # type: ignore[attr-defined]
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def _parsed(cell: str) -> datetime | None:
    if quarter := QUARTER.match(cell):
        return datetime(int(quarter[1]), 3 * int(quarter[2]) - 2, 1)
    try:
        return datetime.fromisoformat(f"{cell}-01" if len(cell) == len("1949-01") else cell)
    except ValueError:
        return None


def _second(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _seconds_of(texts: list[str]) -> np.ndarray:
    return np.array([_second(datetime.fromisoformat(text)) for text in texts], np.float64)


def _slashed(table: Table, name: str) -> np.ndarray:
    cells = table.columns[name]
    found = [SLASHES.match(cell) for cell in cells]
    bad = np.array([one is None for one in found])
    if bad.any():
        raise table.fault(name, table.lines, bad, lambda row: f"{cells[row]!r} is not a time like {cells[0]!r}")
    first = [int(one[1]) for one in found if one]
    second = [int(one[2]) for one in found if one]
    day_first, month_first = max(first) > 12, max(second) > 12
    if day_first == month_first:
        why = "both cannot be" if day_first else "either could be"
        raise DataError(
            f"{table.path}:{table.lines[0]}: column {name!r}: {cells[0]!r}: of the first two numbers {why} the month; "
            "write dates as 2024-12-31"
        )
    texts = []
    for one in found:
        assert one is not None
        day, month = (int(one[1]), int(one[2])) if day_first else (int(one[2]), int(one[1]))
        hour, _, rest = (one[4] or "00:00").partition(":")
        texts.append(f"{one[3]}-{month:02}-{day:02} {int(hour):02}:{rest}")
    try:
        return _seconds_of(texts)
    except ValueError as error:
        raise DataError(f"{table.path}: column {name!r}: {error}") from None
