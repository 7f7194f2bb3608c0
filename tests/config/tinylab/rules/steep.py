"""A kind that is named inside another."""

from dataclasses import dataclass

from lstm_research.config.fields import Scalar


@dataclass(frozen=True, kw_only=True)
class Config:
    slope: Scalar
    """How steep."""
