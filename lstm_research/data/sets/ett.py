"""Electricity Transformer Temperature: seven columns, hourly or every 15 minutes, two years; split 12/4/4 months.

References: Zhou et al., Informer, arXiv:2012.07436; files and facts: `data/builders/ett.py`.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.series import SeriesSet
from lstm_research.data.sets._series import joined

COLUMNS = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: ett, name: h1}"""

    gives: ClassVar[str] = "series"

    name: Literal["h1", "h2", "m1"] = "h1"
    """Transformer 1 or 2, hourly; or 1 every 15 minutes."""
    forecast: Literal["all", "OT"] = "all"
    """All seven columns, or the oil temperature alone, the others being seen."""

    def load(self, paths: DataPaths) -> SeriesSet:
        """Raises DataError: see `data.prepared.load`."""
        targets = range(len(COLUMNS)) if self.forecast == "all" else (COLUMNS.index("OT"),)
        return joined(load("ett", self.name, paths), COLUMNS, targets, 96 if self.name == "m1" else 24)
