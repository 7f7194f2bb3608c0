"""Prepared examples, a part of a series each, put together again."""

from collections.abc import Sequence

import numpy as np

from lstm_research.data.prepared import Prepared
from lstm_research.data.series import Borders, Series, SeriesSet, digest_of


def joined(prepared: Prepared, columns: Sequence[str], targets: Sequence[int], season: int) -> SeriesSet:
    """The series of a prepared set; their borders are where the parts meet."""
    splits = prepared.splits
    series = []
    for parts in zip(splits["train"], splits["valid"], splits["test"], strict=True):
        train, valid, test = np.cumsum([len(part["values"]) for part in parts]).tolist()
        time = np.concatenate([part["time"] for part in parts])
        series.append(
            Series(
                str(parts[0]["name"]),
                np.concatenate([part["values"] for part in parts]),
                Borders(train, valid, test),
                time=time if len(time) else None,
                anomalies=tuple((int(a), int(b)) for a, b in parts[0].get("anomalies", ())),
            )
        )
    whole = tuple(series)
    digest = digest_of(whole, tuple(columns), tuple(targets))
    return SeriesSet(whole, tuple(columns), tuple(targets), season, digest)
