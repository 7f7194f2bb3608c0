"""Daily exchange rates of eight countries, 1990 to 2016, 7,588 days; split 60/20/20 %.

References: Lai, Chang, Yang & Liu, arXiv:1703.07015; files and facts: `data/builders/exchange_rate.py`.
"""

from dataclasses import dataclass
from typing import ClassVar

from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.series import SeriesSet
from lstm_research.data.sets._series import joined

COLUMNS = ("Australia", "Britain", "Canada", "Switzerland", "China", "Japan", "New Zealand", "Singapore")


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: exchange_rate}"""

    gives: ClassVar[str] = "series"

    def load(self, paths: DataPaths) -> SeriesSet:
        """Raises DataError: see `data.prepared.load`."""
        return joined(load("exchange_rate", "daily", paths), COLUMNS, range(len(COLUMNS)), 1)
