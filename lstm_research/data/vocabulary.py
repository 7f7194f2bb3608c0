"""Vocabularies: what tokens of train are known, and in which order."""

from collections import Counter

UNKNOWN = "<unk>"
"""What stands for every token that is not known."""


def by_use(counts: Counter[str], least: int) -> list[str]:
    """Those seen at least so often, by use, and among equals by spelling: the same wherever the text is read."""
    return sorted((token for token, n in counts.items() if n >= least), key=lambda token: (-counts[token], token))
