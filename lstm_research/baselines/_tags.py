"""What rules of tagging share: tags of every sentence, judged by the task's own metrics."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_research.baselines._scored import scored


def by_sentence(task: Any, split: str, rule: Callable[[tuple[str, ...]], list[int]]) -> dict[str, float]:
    """Metrics of `rule(words)`, the numbers of their tags."""
    sentences = getattr(task.data, split)
    outputs = np.zeros((len(sentences), max(len(one.words) for one in sentences), len(task.tags)), np.float32)
    for row, sentence in zip(outputs, sentences, strict=True):
        row[np.arange(len(sentence.words)), rule(sentence.words)] = 1
    return scored(task, split, outputs)
