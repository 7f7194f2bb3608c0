"""TFDS builder of three classic series: airline passengers, minimum temperatures in Melbourne, sunspots.

No splits are published; ours are 70, 10 and 20 % in time order.

References: Box & Jenkins, Time Series Analysis, 1976 (airline passengers); Hyndman, Time Series Data Library.
"""

from typing import Any, ClassVar

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.builders._series import cut, numbers, rows, seconds, series_features
from lstm_research.data.series import borders_by_share

FILES = {
    "airline": "airline-passengers.csv",
    "temperatures": "daily-min-temperatures.csv",
    "sunspots": "monthly-sunspots.csv",
}


class SmallSeries(Builder):
    """Airline passengers (monthly), Melbourne minimum temperatures (daily), sunspots (monthly). No licence is stated.
    Airline passengers (monthly), Melbourne minimum temperatures (daily), sunspots (monthly). No licence is stated.
    """

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {config: (name,) for config, name in FILES.items()}
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return series_features(1)

    def read(self, contents: dict[str, Content]) -> Splits:
        ((name, content),) = contents.items()
        (_, *lines) = (fields for _, fields in rows(content, name, 2))
        values = numbers((fields[1:] for fields in lines), name)
        time = seconds(fields[0] for fields in lines)
        borders = borders_by_share(len(values))._asdict()
        return {split: [part] for split, part in cut(self.builder_config.name, values, time, borders).items()}
