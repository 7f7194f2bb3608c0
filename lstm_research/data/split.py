"""Splits of data published without them: shares, by a hash, so that they are the same everywhere."""

import hashlib
from collections.abc import Sequence
from typing import Annotated, TypeVar

import numpy as np
from annotated_types import Gt, Lt

from lstm_research.types import DataError

T = TypeVar("T")
Share = Annotated[float, Gt(0), Lt(1)]
SPLITS = ("train", "valid", "test")


def check_shares(valid: float, test: float) -> None:
    """Raises ValueError where these shares of all leave nothing."""
    if valid + test >= 1:
        raise ValueError(f"valid={valid:g} and test={test:g} leave nothing to train on")


def held_out(groups: Sequence[str], strata: Sequence[object] | None = None, share: float = 0.1) -> np.ndarray:
    """Which examples are held out: bool[n]. All of a group (engine, patient, speaker) go the same way.

    In each stratum the groups are put in the order of the sha256 of their names, and the first `share` of them
    (rounded, one at least where there are two) is held out. A group belongs to the stratum of its first example.
    """
    first: dict[str, object] = {}
    for place, group in enumerate(groups):
        first.setdefault(group, None if strata is None else strata[place])
    by_stratum: dict[object, list[str]] = {}
    for group, stratum in first.items():
        by_stratum.setdefault(stratum, []).append(group)
    out: set[str] = set()
    for members in by_stratum.values():
        ordered = sorted(members, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
        number = max(round(share * len(members)), 1) if len(members) > 1 else 0
        out.update(ordered[:number])
    return np.array([group in out for group in groups])


def three_ways(
    groups: Sequence[str], strata: Sequence[object] | None = None, *, valid: float, test: float
) -> np.ndarray:
    """Where each example of data without published splits goes: int[n], 0 train, 1 valid, 2 test; see `held_out`.

    Args:
      valid, test: shares of all.
    """
    place = np.where(held_out(groups, strata, test), 2, 0)
    rest = np.flatnonzero(place == 0)
    left = None if strata is None else [strata[k] for k in rest.tolist()]
    place[rest[held_out([groups[k] for k in rest.tolist()], left, valid / (1 - test))]] = 1
    return place


def parted(examples: Sequence[T], place: np.ndarray, what: str = "") -> list[tuple[T, ...]]:
    """Those of train, of valid and of test, in order; `place` as `three_ways` gives it, or as `held_out` does.

    Raises DataError where one of the three is empty, if it is told `what` these are, such as "my.tsv: 12 pairs".
    """
    parts = [tuple(one for one, at in zip(examples, place.tolist(), strict=True) if at == k) for k in range(3)]
    for name, part in zip(SPLITS, parts, strict=True):
        if what and not part:
            raise DataError(f"{what} are too few: none is left for {name}")
    return parts
