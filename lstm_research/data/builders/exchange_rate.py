"""TFDS builder of the daily exchange rates of eight countries, 1990 to 2016.

Splits as in LSTNet: 60, 20 and 20 % in time order. The data have no dates.

Reference: Lai, Chang, Yang & Liu, arXiv:1703.07015, section 4.3.
"""

from typing import Any, ClassVar

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.builders._series import cut, numbers, rows, series_features

COLUMNS = ("Australia", "Britain", "Canada", "Switzerland", "China", "Japan", "New Zealand", "Singapore")


class ExchangeRate(Builder):
    """Daily exchange rates of eight countries (LSTNet benchmark). No licence is stated."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {"daily": ("exchange_rate.txt",)}
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return series_features(len(COLUMNS))

    def read(self, contents: dict[str, Content]) -> Splits:
        ((name, content),) = contents.items()
        values = numbers((fields for _, fields in rows(content, name, len(COLUMNS))), name, first=1)
        steps = len(values)
        borders = {"train": int(0.6 * steps), "valid": int(0.8 * steps), "test": steps}
        return {split: [part] for split, part in cut("exchange_rate", values, None, borders).items()}
