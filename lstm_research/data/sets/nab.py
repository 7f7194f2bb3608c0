"""Numenta Anomaly Benchmark, realKnownCause: seven series with labelled anomalies; the first 15 % are train and valid.

References: Ahmad, Lavin, Purdy & Agha 2017; files and facts: `data/builders/nab.py`.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.series import SeriesSet
from lstm_research.data.sets._series import joined

Name = Literal[
    "ambient_temperature_system_failure",
    "cpu_utilization_asg_misconfiguration",
    "ec2_request_latency_system_failure",
    "machine_temperature_system_failure",
    "nyc_taxi",
    "rogue_agent_key_hold",
    "rogue_agent_key_updown",
]
DAY = {"nyc_taxi": 48, "ambient_temperature_system_failure": 24}
"""Steps in a day; the others are taken every 5 minutes."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: nab, name: nyc_taxi}"""

    gives: ClassVar[str] = "series"

    name: Name
    """Which series."""

    def load(self, paths: DataPaths) -> SeriesSet:
        """Raises DataError: see `data.prepared.load`."""
        return joined(load("nab", self.name, paths), ("value",), (0,), DAY.get(self.name, 288))
