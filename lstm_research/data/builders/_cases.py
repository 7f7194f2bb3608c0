"""What builders of labelled series share: an example is a case of a `.ts` or UCR file."""

from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.data.sets._cases import examples


def case_features() -> dict[str, Any]:
    """name; values float32[t k], flat, with their number of channels; label."""
    return {
        "name": tfds.features.Text(),
        "values": tfds.features.Tensor(shape=(None,), dtype=np.float32),
        "channels": tfds.features.Scalar(dtype=np.int64),
        "label": tfds.features.Text(),
    }


def cases(content: Content, name: str, split: str) -> list[dict[str, Any]]:
    """The cases of a file as examples. Raises DataError."""
    assert isinstance(content, bytes)
    return examples(content, name, split)
