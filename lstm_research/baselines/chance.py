"""The best answer that looks at no data, as each task derives it in its docstring."""

from typing import Any

from lstm_research.data.paths import DataPaths


def evaluate(task_config: Any, paths: DataPaths, split: str) -> dict[str, float]:
    """`task.chance()`, the same on every split."""
    return dict(task_config.build(paths).chance())
