"""Wrong: a field that cannot be part of a jit key."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Config:
    sizes: list[int]
