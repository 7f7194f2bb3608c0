"""What builders of time series share: an example is the part of one series that lies in a split."""

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.types import DataError


def series_features(columns: int) -> dict[str, Any]:
    """name; values float64[t k]; time int64[t], seconds since 1970, or [0] where the data have no time.

    Values are stored as bytes: TFDS would round float64 to float32 without a word.
    """
    return {
        "name": tfds.features.Text(),
        "values": tfds.features.Tensor(shape=(None, columns), dtype=np.float64, encoding="bytes"),
        "time": tfds.features.Tensor(shape=(None,), dtype=np.int64),
    }


def cut(name: str, values: np.ndarray, time: np.ndarray | None, borders: dict[str, int]) -> dict[str, dict[str, Any]]:
    """Split -> its part of a series: from the border before it to its own."""
    found, begin = {}, 0
    for split, end in borders.items():
        part = np.empty(0, np.int64) if time is None else time[begin:end]
        found[split] = {"name": name, "values": values[begin:end], "time": part}
        begin = end
    return found


def rows(content: Content, name: str, width: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of a CSV. Raises DataError for a row of another width than `width`."""
    assert isinstance(content, bytes)
    text = content.decode("utf-8-sig").splitlines()
    for line, fields in enumerate(csv.reader(text), start=1):
        if fields and width is not None and len(fields) != width:
            raise DataError(f"{name}:{line}: {len(fields)} fields, expected {width}")
        if fields:
            yield line, fields


def numbers(texts: Iterable[Iterable[str]], name: str, first: int = 2) -> np.ndarray:
    """float64[t k]. Raises DataError for what is no finite number; `first`: line of the first row."""
    found = [list(row) for row in texts]
    try:
        # float() rounds to the nearest number; NumPy's reading of text may be one bit off.
        values = np.array([[float(text) for text in row] for row in found], np.float64)
    except ValueError as error:
        raise DataError(f"{name}: {error}") from error
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise DataError(f"{name}:{row + first}: field {column + 1} is {found[row][column]!r}, not a finite number")
    return values


def seconds(texts: Iterable[str]) -> np.ndarray:
    """int64[t], seconds since 1970, of ISO dates and times in UTC; `1949-01` is its first day."""
    return np.array([_second(text) for text in texts], np.int64)


def _second(text: str) -> int:
    whole = f"{text}-01" if len(text) == len("1949-01") else text
    return int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
