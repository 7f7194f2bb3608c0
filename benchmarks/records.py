"""The committed numbers: a CSV for each section, and the machine of each in `machine.csv`."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

Row = dict[str, Any]


def write(folder: Path, section: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace a section's numbers; those of the run before move to `previous/`."""
    rows = list(rows)
    path = folder / f"{section}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        (folder / "previous").mkdir(exist_ok=True)
        path.replace(folder / "previous" / path.name)
    names = list(dict.fromkeys(name for row in rows for name in row))
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _short(value) for name, value in row.items()})


def read(folder: Path, section: str) -> list[Row]:
    """Rows of a section, numbers as float, but for commits, which may look like some; [] where it never ran."""
    path = folder / f"{section}.csv"
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: value if name == "commit" else _number(value) for name, value in row.items()} for row in rows]


def write_machine(folder: Path, section: str, row: Mapping[str, Any]) -> None:
    """Say on what machine, and under what load, a section ran."""
    path, kept = folder / "machine.csv", read(folder, "machine")
    rows = [one for one in kept if one["section"] != section] + [{"section": section, **row}]
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for one in rows for name in one)), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _short(value) for name, value in one.items()} for one in rows)


def _short(value: Any) -> Any:
    return f"{value:.5g}" if isinstance(value, float) else value


def _number(value: str) -> Any:
    try:
        return float(value)
    except ValueError:
        return value
