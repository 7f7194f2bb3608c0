"""What every section is given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.shapes import SHAPES, Shape, toy
from benchmarks.turns import Field, Measured
from lstm_research.launch import runtime


@dataclass(frozen=True)
class Bench:
    """Where sides meet, how large the work is, and who is told."""

    field: Field
    toy: bool
    """Everything at a size that takes no time: does it run?"""
    tell: Callable[[str], None]
    platform: str = "cpu"
    """"cuda" for the peers of a GPU."""

    def shape(self, name: str) -> Shape:
        """The sizes of this name, or their toy."""
        return toy(SHAPES[name]) if self.toy else SHAPES[name]

    @property
    def devices(self) -> list[int]:
        """Numbers of host devices a side of JAX may choose from."""
        return [1] if self.platform == "cuda" else sorted({1, runtime.cores()})

    @property
    def threads(self) -> list[dict[str, Any]]:
        """What torch may choose from: threads, and whether it takes oneDNN's kernels; on a GPU nothing."""
        if self.platform == "cuda":
            return [{"threads": 0, "onednn": True, "device": self.field.device}]
        return [{"threads": n, "onednn": onednn} for n in sorted({1, runtime.cores()}) for onednn in (True, False)]


def many(number: int, what: str) -> str:
    """`1 device`, `2 devices`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def told(choice: dict[str, Any]) -> str:
    """A choice of torch's in words."""
    if not choice["threads"]:
        return str(choice["device"])
    return many(choice["threads"], "thread") + ("" if choice["onednn"] else ", no oneDNN")


def row(measured: Measured, units: int = 1) -> dict[str, Any]:
    """A line of a CSV: milliseconds of one unit of work."""
    milliseconds = 1000.0 / units
    return {
        "side": measured.side,
        "variant": measured.variant,
        "ms": measured.median * milliseconds,
        "q1": measured.lower * milliseconds,
        "q3": measured.upper * milliseconds,
        "rounds": measured.rounds,
        "compile_s": measured.first_call,
    }
