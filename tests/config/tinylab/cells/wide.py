"""A cell with a bias of its own."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from annotated_types import Ge, Gt

from lstm_research.config.fields import Kind, Scalar


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: wide, hidden: 3}"""

    hidden: Annotated[int, Ge(1)]
    """Number of units."""
    forget_bias: Scalar = 1.0
    """Added to the bias."""
    scale: Annotated[Scalar, Gt(0)] = 1
    """A whole number as default."""
    sizes: tuple[int, ...] = (1, 2)
    pair: tuple[int, float] | None = None
    rule: Annotated[Any, Kind("tinylab.rules")] | None = None
    """A kind inside a kind."""
    note: str = field(default="", metadata={"semantic": False})

    def check(self) -> None:
        if self.hidden == 13:
            raise ValueError("hidden 13 and sizes do not go together")
