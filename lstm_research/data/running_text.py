"""Running text in memory: what language modelling is given."""

import hashlib
from dataclasses import dataclass, field

from lstm_research.types import DataError


@dataclass(frozen=True)
class RunningText:
    """A text, in three consecutive or separate parts."""

    train: str
    valid: str
    test: str
    digest: str = field(init=False, compare=False)
    """sha256 of all of it."""

    def __post_init__(self) -> None:
        whole = hashlib.sha256()
        for name in ("train", "valid", "test"):
            text = getattr(self, name)
            if not text.strip():
                raise DataError(f"the text of {name} is empty; give a longer text")
            whole.update(f"{name}:{len(text)};".encode())
            whole.update(text.encode())
        object.__setattr__(self, "digest", whole.hexdigest())


def in_three(text: str, train: float, valid: float) -> RunningText:
    """The first share of the characters to train on, the next for validation, the rest to test on."""
    first, second = int(len(text) * train), int(len(text) * (train + valid) + 1e-6)
    return RunningText(text[:first], text[first:second], text[second:])
