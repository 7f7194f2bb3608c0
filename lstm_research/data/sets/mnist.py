"""MNIST as sequences: a handwritten digit row by row (28 steps of 28), or pixel by pixel (784 steps of one).

54,001 train, 5,999 valid (see the builder), 10,000 test. `permuted`: pixels in an order that is none, the same for all
images: that of the sha256 of "SEED PLACE", with PLACE from 0, row by row. The orders that papers used are not known, so
numbers are comparable but for the luck of it.

References: LeCun et al. 1998; Le, Jaitly & Hinton, arXiv:1504.00941 (pixel by pixel, permuted); files and facts:
  `data/builders/mnist.py`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from lstm_research.data.labelled import Labelled, LabelledSet
from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import load

SIDE = 28


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: mnist, order: rows}"""

    gives: ClassVar[str] = "labelled sequences"

    order: Literal["rows", "pixels", "permuted"] = "rows"
    """What a step is: a row, or a pixel, from the top left row by row or in a random order."""
    seed: Annotated[int, Ge(0)] = 0
    """Of the order of `permuted`."""

    def load(self, paths: DataPaths) -> LabelledSet:
        """Raises DataError: see `data.prepared.load`."""
        prepared = load("mnist", "digits", paths)
        order = permutation(self.seed) if self.order == "permuted" else None
        train, valid, test = (self._labelled(prepared.splits[name], order) for name in ("train", "valid", "test"))
        rows = self.order == "rows"
        return LabelledSet(
            train, valid, test, channels=tuple(f"column {k}" for k in range(1, SIDE + 1)) if rows else ("value",),
            classes=tuple("0123456789"),
            computed_from=f"{prepared.digest} {self.order} {'' if order is None else self.seed}",
        )  # fmt: skip

    def _labelled(self, blocks: Sequence[dict[str, Any]], order: np.ndarray | None) -> Labelled:
        images = np.concatenate([block["values"] for block in blocks])
        digits = np.concatenate([block["digits"] for block in blocks]).astype(np.int32)
        if self.order != "rows":
            images = images.reshape(len(images), -1, 1)
        return Labelled(Images(images if order is None else images[:, order]), digits)


class Images(Sequence[np.ndarray]):
    """Images uint8[n t k], each float32[t k] from 0 to 1 when it is asked for: a quarter of the memory."""

    def __init__(self, images: np.ndarray):
        self._images = images

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, place: Any) -> Any:
        return self._images[place].astype(np.float32) / np.float32(255)


def permutation(seed: int) -> np.ndarray:
    """int[784]: which pixel each step shows. By a hash, so that it is the same with every version of NumPy."""
    places = range(SIDE * SIDE)
    return np.array(sorted(places, key=lambda place: hashlib.sha256(f"{seed} {place}".encode()).digest()))
