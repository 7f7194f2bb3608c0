"""TFDS builder of MNIST: 70,000 handwritten digits of 28 x 28 grey values, as sequences of rows or pixels.

60,000 are train and 10,000 test, as published. Validation is ours: a tenth of each digit in train, by the sha256 of the
image, so that equal images stay together. An example is a block of a thousand images: one by one they would take 15 s
to read, every time.

Reference: LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document recognition, Proceedings of the
  IEEE 86(11), 1998.
"""

import hashlib
from collections.abc import Iterator
from math import prod
from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.split import held_out
from lstm_research.types import DataError

SIDE = 28
BLOCK = 1000


class Mnist(Builder):
    """MNIST handwritten digits. Copyright LeCun and Cortes; no clear licence, widely taken to be CC BY-SA 3.0."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {
        "digits": tuple(f"{split}-{what}-ubyte" for split in ("train", "t10k") for what in
                        ("images-idx3", "labels-idx1"))
    }  # fmt: skip
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return {
            "values": tfds.features.Tensor(shape=(None, SIDE, SIDE), dtype=np.uint8),
            "digits": tfds.features.Tensor(shape=(None,), dtype=np.uint8),
        }

    def read(self, contents: dict[str, Content]) -> Splits:
        images, digits, test_images, test_digits = (idx(content, name) for name, content in contents.items())
        out = held_out([hashlib.sha256(image.tobytes()).hexdigest() for image in images], digits.tolist())
        return {
            "train": _blocks(images[~out], digits[~out]),
            "valid": _blocks(images[out], digits[out]),
            "test": _blocks(test_images, test_digits),
        }


def idx(content: Content, name: str) -> np.ndarray:
    """uint8[n] or uint8[n ...]: the array of an IDX file of bytes. Raises DataError."""
    assert isinstance(content, bytes)
    head = 4 + 4 * (content[3] if len(content) > 3 else 0)
    shape = tuple(int.from_bytes(content[at : at + 4], "big") for at in range(4, head, 4))
    if content[:3] != b"\0\0\x08" or len(content) != head + prod(shape):
        raise DataError(f"{name}: is no IDX file of bytes, or cut off")
    return np.frombuffer(content, np.uint8, offset=head).reshape(shape)


def _blocks(images: np.ndarray, digits: np.ndarray) -> Iterator[dict[str, Any]]:
    for begin in range(0, len(images), BLOCK):
        here = slice(begin, begin + BLOCK)
        yield {"values": images[here], "digits": digits[here]}
