"""What every floor may speak: errors that carry an exit code, and `Sum`. No JAX, no NumPy."""

from typing import Any, NamedTuple


class LabError(Exception):
    """A fault the user can act on: printed as one line, without a traceback.

    The message says what is wrong, where (file:line, key path, row, step), why (found, expected) and the remedy.
    `exit_code` follows docs/errors.md: 2 usage or config, 3 data or checkpoint, 4 locked, 5 resources.
    """

    exit_code = 2


class ConfigError(LabError):
    """A config, an override or a combination of the two that cannot run."""


class DataError(LabError):
    """Data or a checkpoint that is missing, damaged or not what was registered."""

    exit_code = 3


class LockedError(LabError):
    """Another process holds what this one needs."""

    exit_code = 4


class ResourceError(LabError):
    """Not enough disk, memory or devices."""

    exit_code = 5


class Interrupted(Exception):
    """The run was asked to stop, and has saved at `step`; 0 where nothing was under way."""

    def __init__(self, step: int):
        super().__init__(step)
        self.step = step


class Sum(NamedTuple):
    """A total and the number of things in it: every loss and every metric.

    Sums are added, and divided last, on the host: never an average of averages. Both fields may be arrays.
    """

    total: Any
    count: Any

    def mean(self) -> Any:
        """total / count; NaN where nothing was counted."""
        return self.total / self.count if self.count else float("nan")
