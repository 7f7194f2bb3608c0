"""Tagging: the tag that a word most often has in train; of a word that is not there, that of most such words.

Which tag unknown words have is told from words that train has once.
"""

from collections import Counter
from typing import Any

from lstm_research.baselines._tags import by_sentence


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split."""
    counts: dict[str, Counter[str]] = {}
    for sentence in task.data.train:
        for word, tag in zip(*sentence, strict=True):
            counts.setdefault(word, Counter())[tag] += 1
    place = {tag: number for number, tag in enumerate(task.tags)}
    # Of equally frequent tags the first in their order: the same wherever it is counted.
    best = {word: place[min(tags, key=lambda tag: (-tags[tag], tag))] for word, tags in counts.items()}
    once = Counter(tag for tags in counts.values() if tags.total() == 1 for tag in tags)
    every = once or sum(counts.values(), Counter())
    other = place[min(every, key=lambda tag: (-every[tag], tag))]
    return by_sentence(task, split, lambda words: [best.get(word, other) for word in words])
