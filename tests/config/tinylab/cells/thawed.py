"""Wrong: not frozen."""

from dataclasses import dataclass


@dataclass
class Config:
    hidden: int = 1
