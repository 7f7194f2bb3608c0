"""What a rule of early stopping is: where trials are compared, and which go on."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """How a trial stands where it is compared: means over its seeds; None where one of them diverged."""

    best: float | None
    """Best validation value so far."""
    average: float | None
    """Mean of all validation values so far."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The fields of a rule are its own; these are its methods."""

    def tournaments(self, steps: int) -> list[list[int]]:
        """For each tournament the numbers of updates after which its trials are compared, ascending, below `steps`."""
        raise NotImplementedError

    def shares(self, steps: int) -> list[float]:
        """In what proportion trials are dealt to the tournaments."""
        return [1.0 for _ in self.tournaments(steps)]

    def kept(self, standings: Sequence[Standing], higher_is_better: bool) -> list[bool]:
        """Which of the trials that are compared go on."""
        raise NotImplementedError
