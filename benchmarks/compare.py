"""Do two sides compute the same? Asked before anything is timed."""

from collections.abc import Mapping

import numpy as np

TOLERANCE = 1e-3
"""Largest difference in an array, as a part of its largest value: float32 sums of up to 100,000 terms, in any order."""
OPTIONAL = ("recurrent_bias",)
"""Not every library's GRU has a second bias in the n gate."""


class Disagreement(Exception):
    """A side does something else than the others, so its time means nothing."""


def compare(side: str, found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> None:
    """Raises Disagreement unless every array is there, finite, and within the tolerance."""
    names = [{name for name in values if not name.startswith(OPTIONAL)} for values in (found, expected)]
    if names[0] != names[1]:
        raise Disagreement(f"{side} gives {', '.join(sorted(names[0] ^ names[1]))} where the other does not")
    for name in sorted(expected.keys() & found.keys()):
        a, b = np.asarray(found[name]), np.asarray(expected[name])
        if a.shape != b.shape:
            raise Disagreement(f"{side}: {name} has shape {a.shape}, expected {b.shape}")
        largest = float(np.abs(b).max(initial=0.0))
        off = float(np.abs(a - b).max(initial=0.0))
        if not off <= TOLERANCE * largest:  # NaN is not either
            raise Disagreement(f"{side}: {name} is off by {off:.2g} where the largest value is {largest:.2g}")


def numbered(layers: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The weights or gradients of all layers in one dictionary: kernel0, bias0, kernel1 ..."""
    return {f"{name}{place}": value for place, one in enumerate(layers) for name, value in one.items()}
