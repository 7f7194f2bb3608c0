"""The best answer that looks at no data, as each task derives it in its docstring."""

from typing import Any


def evaluate(task: Any, split: str) -> dict[str, float]:
    """`task.chance()`, the same on every split."""
    return dict(task.chance())
