"""M4 competition: 414 hourly series with a horizon of 48, or 359 weekly ones with a horizon of 13.

References: Makridakis, Spiliotis & Assimakopoulos 2020; files and facts: `data/builders/m4.py`.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.series import SeriesSet
from lstm_research.data.sets._series import joined


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: m4, name: hourly}"""

    gives: ClassVar[str] = "series"

    name: Literal["hourly", "weekly"]
    """Which series."""

    def load(self, paths: DataPaths) -> SeriesSet:
        """Raises DataError: see `data.prepared.load`."""
        # The competition takes a season of 1 for weekly data.
        return joined(load("m4", self.name, paths), ("value",), (0,), 24 if self.name == "hourly" else 1)
