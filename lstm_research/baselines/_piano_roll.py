"""Counting on piano-rolls. A frequency of k in n is estimated as (k + 1/2) / (n + 1), so that no key is impossible."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

Frames = Bool[np.ndarray, "n 88"]


def frames(pieces: list[np.ndarray]) -> Frames:
    """All steps of all pieces."""
    return np.concatenate(pieces).astype(bool)


def previous(pieces: list[np.ndarray]) -> Frames:
    """The step before each, silence before a piece's first: what a model sees."""
    return np.concatenate([np.concatenate([np.zeros_like(piece[:1]), piece[:-1]]) for piece in pieces]).astype(bool)


def share(on: Any, among: Any) -> Any:
    """(k + 1/2) / (n + 1)."""
    return (on + 0.5) / (among + 1.0)


def nll(probability: Float[np.ndarray, "#n 88"], found: Frames) -> float:
    """Mean over steps of -log P(step), summed over independent keys, in nats."""
    surprise = np.where(found, -np.log(probability), -np.log1p(-probability))
    return float(surprise.sum(axis=1).mean())
