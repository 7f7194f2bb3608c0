"""TFDS builder of ETT: load and oil temperature of electricity transformers in China, hourly or every 15 minutes.

Splits as in Informer: 12, 4 and 4 months of 30 days; what comes after them is in split `unused`.

Reference: Zhou et al., Informer, arXiv:2012.07436, section 5.1 and appendix.
"""

from typing import Any, ClassVar

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.builders._series import cut, numbers, rows, seconds, series_features

COLUMNS = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
MONTH = 30 * 24
"""Hours."""


class Ett(Builder):
    """Electricity Transformer Temperature: ETTh1, ETTh2, ETTm1. CC BY-ND 4.0."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {name: (f"ETT{name}.csv",) for name in ("h1", "h2", "m1")}
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return series_features(len(COLUMNS))

    def read(self, contents: dict[str, Content]) -> Splits:
        ((name, content),) = contents.items()
        (_, *lines) = (fields for _, fields in rows(content, name, 1 + len(COLUMNS)))
        values = numbers((fields[1:] for fields in lines), name)
        time = seconds(fields[0] for fields in lines)
        month = MONTH * (4 if self.builder_config.name == "m1" else 1)
        borders = {"train": 12 * month, "valid": 16 * month, "test": 20 * month, "unused": len(values)}
        parts = cut(name.removesuffix(".csv"), values, time, borders)
        return {split: [part] for split, part in parts.items()}
