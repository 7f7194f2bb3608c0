"""A number somebody printed, and where."""

from dataclasses import dataclass
from typing import Literal

from lstm_research.types import ConfigError

SpreadKind = Literal["sd", "se", "ci95"]


@dataclass(frozen=True)
class Published:
    """One published value. `source` names paper and table, and where to find it."""

    value: float
    source: str
    spread: float | None = None
    """Spread over runs as printed; None where the value is a single run."""
    spread_kind: SpreadKind | None = None
    """What `spread` is: sample standard deviation, standard error, or half of a 95 % interval."""
    n: int | None = None
    """Number of runs behind value and spread."""
    note: str | None = None
    comparable: Literal[True] | str = True
    """True, or why our number must not be set against this one."""

    def __post_init__(self) -> None:
        if (self.spread is None) != (self.spread_kind is None):
            raise ConfigError(f"Published({self.value}): give spread and spread_kind together or neither")
        if self.spread is not None and not self.spread >= 0:
            raise ConfigError(f"Published({self.value}): spread is {self.spread}; it must be zero or more")
        if not isinstance(self.comparable, str) and self.comparable is not True:
            raise ConfigError(f"Published({self.value}): comparable is True or the reason why not, as text")
