"""TFDS builder of the Numenta Anomaly Benchmark's realKnownCause: seven series with labelled anomalies.

The benchmark's first 15 % of a series are probationary: nothing there is scored. Train is all but the last fifth of
them, validation that fifth; test is the rest, with every labelled window. One configuration per series. Windows [begin,
end) are steps of the whole series; time stamps are as they are, with gaps and, at the end of daylight saving, repeats.

Reference: Ahmad, Lavin, Purdy & Agha, Unsupervised real-time anomaly detection for streaming data, Neurocomputing 262,
  2017.
"""

import json
from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.builders._series import cut, numbers, rows, seconds, series_features

SERIES = (
    "ambient_temperature_system_failure",
    "cpu_utilization_asg_misconfiguration",
    "ec2_request_latency_system_failure",
    "machine_temperature_system_failure",
    "nyc_taxi",
    "rogue_agent_key_hold",
    "rogue_agent_key_updown",
)
PROBATIONARY = 0.15
LABELS = "labels/combined_windows.json"


class Nab(Builder):
    """Numenta Anomaly Benchmark, realKnownCause: seven series of machines, servers and a city. MIT licence."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {
        name: (f"data/realKnownCause/{name}.csv", LABELS) for name in SERIES
    }
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return series_features(1) | {"anomalies": tfds.features.Tensor(shape=(None, 2), dtype=np.int64)}

    def read(self, contents: dict[str, Content]) -> Splits:
        name = self.builder_config.name
        path = self.MEMBERS[name][0]
        (_, *lines) = (fields for _, fields in rows(contents[path], path, 2))
        values = numbers((fields[1:] for fields in lines), path)
        time = seconds(fields[0] for fields in lines)
        content = contents[LABELS]
        assert isinstance(content, bytes)
        windows = [seconds(text.partition(".")[0] for text in window)
                   for window in json.loads(content)[f"realKnownCause/{name}.csv"]]  # fmt: skip
        # Both ends of a window are steps of it.
        steps = [(np.argmax(time >= begin), len(time) - np.argmax(time[::-1] <= end)) for begin, end in windows]
        quiet = int(PROBATIONARY * len(values))
        borders = {"train": quiet - quiet // 5, "valid": quiet, "test": len(values)}
        anomalies = np.array(steps, np.int64).reshape(-1, 2)
        return {split: [part | {"anomalies": anomalies}] for split, part in cut(name, values, time, borders).items()}
