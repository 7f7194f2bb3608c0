"""Airline passengers (144 months), minimum temperatures in Melbourne (3,650 days), sunspots (2,820 months); 70/10/20 %.

References: Box & Jenkins 1976, Time Series Data Library; files and facts: `data/builders/small_series.py`.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.series import SeriesSet
from lstm_research.data.sets._series import joined

SEASONS = {"airline": 12, "temperatures": 365, "sunspots": 132}
"""Steps. Of sunspots: the cycle of 11 years, which is not a strict one."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: small_series, name: airline}"""

    gives: ClassVar[str] = "series"

    name: Literal["airline", "temperatures", "sunspots"]
    """Which series."""

    def load(self, paths: DataPaths) -> SeriesSet:
        """Raises DataError: see `data.prepared.load`."""
        return joined(load("small_series", self.name, paths), ("value",), (0,), SEASONS[self.name])
