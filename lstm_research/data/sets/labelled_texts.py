"""Texts of your own with a class each: a CSV with a column of texts and one of classes.

    review,stars
    "A film to see twice.",good
    "I left after an hour.",bad

`data: {kind: labelled_texts, path: my.csv, text: review, label: stars}`. Splits are by the sha256 of the texts, each
class alike, so that equal texts stay together; or as a column `split` says.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lstm_research.data.paths import DataPaths
from lstm_research.data.split import SPLITS, Share, check_shares
from lstm_research.data.table import Table, read_table
from lstm_research.data.texts import TextSet, in_three, new_lines, new_texts, text_set
from lstm_research.types import DataError


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: labelled_texts, path: my.csv, text: review, label: class}"""

    gives: ClassVar[str] = "labelled texts"

    path: str
    """The CSV, from the current folder."""
    text: str
    """The column of texts."""
    label: str
    """The column of classes."""
    split: str | None = None
    """The column that says train, valid or test."""
    valid: Share = 0.1
    """Share of the texts that is validation, where no column says it."""
    test: Share = 0.2
    """Share of the texts that is test, where no column says it."""
    delimiter: str | None = None
    """Between fields; None takes comma, semicolon, tab or bar, whichever the header has most of."""
    encoding: str = "utf-8"
    """Of the file."""

    def check(self) -> None:
        """Raises ValueError for shares that leave nothing."""
        check_shares(self.valid, self.test)

    def load(self, paths: DataPaths) -> TextSet:
        """Raises ConfigError where there is no such file or column, DataError for a fault of the file."""
        table = self._table(Path(self.path), (self.label, *((self.split,) if self.split else ())))
        self._check_filled(table, self.label)
        labelled = list(zip(table.columns[self.text], table.columns[self.label], strict=True))
        told = f"{table.path}: {len(labelled):,} texts"
        parts = self._parts(table, labelled) if self.split else None
        try:
            return (
                text_set(parts[0], parts[1], parts[2], told)
                if parts
                else in_three(labelled, self.valid, self.test, told)
            )
        except DataError as error:
            raise DataError(f"{table.path}: {error}") from None

    def _parts(self, table: Table, labelled: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
        """Train, valid and test as the column says. Raises DataError for another word, or a class that train lacks."""
        assert self.split
        cells, labels = table.columns[self.split], table.columns[self.label]
        odd = np.array([one not in SPLITS for one in cells])
        if odd.any():
            raise table.fault(
                self.split, table.lines, odd, lambda row: f"{cells[row]!r} is no split", "say train, valid or test"
            )
        classes = {label for label, at in zip(labels, cells, strict=True) if at == "train"}
        odd = np.array([label not in classes for label in labels])
        if odd.any():
            raise table.fault(
                self.label, table.lines, odd, lambda row: f"class {labels[row]!r} of {cells[row]} is not in train",
                "move a row of it there, or leave it out",
            )  # fmt: skip
        return [[one for one, at in zip(labelled, cells, strict=True) if at == name] for name in SPLITS]

    def load_new(self, path: Path, described: dict[str, Any]) -> TextSet:
        """New texts: a CSV with the column of texts, and perhaps that of classes; or any other file, a text a line."""
        if path.suffix.lower() not in (".csv", ".tsv"):
            return new_lines(path, described["classes"], self.encoding)
        table = self._table(path, ())
        labels = table.columns.get(self.label, [""] * len(table.lines))
        found = [(text, label or None) for text, label in zip(table.columns[self.text], labels, strict=True)]
        return new_texts(found, described["classes"])

    def _table(self, path: Path, others: tuple[str, ...]) -> Table:
        table = read_table(path, self.delimiter, self.encoding)
        table.require([self.text], "data.text")
        table.require(others, "data.label or data.split")
        self._check_filled(table, self.text)
        return table

    @staticmethod
    def _check_filled(table: Table, name: str) -> None:
        empty = np.array([not cell for cell in table.columns[name]])
        if empty.any():
            raise table.fault(name, table.lines, empty, lambda row: "is empty", "fill the cell, or remove the row")
