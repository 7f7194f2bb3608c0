"""A cell without a bias."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: narrow, hidden: 3}"""

    hidden: Annotated[int, Ge(1)]
    """Number of units."""
