"""TFDS builder of the M4 competition's hourly and weekly series.

Train and test are the competition's: the test part is one horizon, 48 hours or 13 weeks. Validation is ours: the last
horizon of train, so that the origin is as far from the end as in test. The data have no dates.

Reference: Makridakis, Spiliotis & Assimakopoulos, The M4 Competition, International Journal of Forecasting 36(1), 2020.
"""

from typing import Any, ClassVar

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.builders._series import cut, numbers, rows, series_features
from lstm_research.types import DataError

HORIZONS = {"hourly": 48, "weekly": 13}


class M4(Builder):
    """M4 competition: hourly and weekly series. No licence is stated."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {
        name: (f"Train/{name.title()}-train.csv", f"Test/{name.title()}-test.csv") for name in HORIZONS
    }
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return series_features(1)

    def read(self, contents: dict[str, Content]) -> Splits:
        before, after = (_series(content, name) for name, content in contents.items())
        horizon = HORIZONS[self.builder_config.name]
        splits: dict[str, list[Any]] = {"train": [], "valid": [], "test": []}
        for name, history in before.items():
            if name not in after or len(after[name]) != horizon:
                raise DataError(f"M4 {name}: {len(after.get(name, ()))} test values, expected {horizon}")
            values = numbers(([text] for text in (*history, *after[name])), f"M4 {name}")
            borders = {"train": len(history) - horizon, "valid": len(history), "test": len(values)}
            for split, part in cut(name, values, None, borders).items():
                splits[split].append(part)
        return splits


def _series(content: Content, name: str) -> dict[str, list[str]]:
    """Name of a series -> its values; short ones are filled with empty cells at the right."""
    (_, *lines) = (fields for _, fields in rows(content, name))
    return {fields[0]: [text for text in fields[1:] if text] for fields in lines}
