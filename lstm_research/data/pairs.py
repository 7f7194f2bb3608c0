"""Pairs of token sequences in memory: what transduction is given."""

import hashlib
from dataclasses import dataclass, field

Pairs = tuple[tuple[str, str], ...]
"""(source, target) each, tokens separated by blanks; a source has one token at least."""


@dataclass(frozen=True)
class PairSet:
    """Pairs, split."""

    train: Pairs
    valid: Pairs
    test: Pairs
    digest: str = field(init=False, compare=False)
    """sha256 of all of it."""

    def __post_init__(self) -> None:
        whole = hashlib.sha256()
        for name in ("train", "valid", "test"):
            whole.update(f"{name}:{len(getattr(self, name))};".encode())
            for pair in getattr(self, name):
                whole.update(repr(pair).encode())
        object.__setattr__(self, "digest", whole.hexdigest())
