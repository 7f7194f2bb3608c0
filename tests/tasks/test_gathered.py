"""What a source sends where its data stream makes the batch that its data make, and holds no more than that needs."""

from typing import Any

import jax
import jax.numpy as jnp
import made_labelled
import made_series
import numpy as np
import pytest
from test_sources import SEQUENCES

from lstm_research.tasks.classification import Config as Classification
from lstm_research.tasks.sequence_regression import Config as Regression
from lstm_research.tasks.source.bucketed import buckets_of
from lstm_research.tasks.source.padded import Padded
from lstm_research.tasks.source.stream import Stream
from lstm_research.tasks.source.windows import Laid, Windows

KEY = jax.random.key(3)


def beyond() -> Windows:
    """Windows that begin before their series, and end after it."""
    draw = np.random.default_rng(0)
    laid = [
        Laid(*(draw.standard_normal(shape).astype(np.float32) for shape in ((t, 2), (t + 4, 3), (1,))), (1, t + 1))
        for t in (3, 9)
    ]
    return Windows(laid, (1,), 5, 6, 4, relative=True, segment=2)


SOURCES = {
    "whole": lambda: Padded(SEQUENCES, 4),
    "buckets": lambda: Padded(SEQUENCES, 4).bucketed(0.45),
    "stream": lambda: Stream(SEQUENCES, 3, 4),
    "classes": lambda: (
        Classification(show="mask", bucket_waste=0.3).build(made_labelled.made(gaps=True)).source("train", 4)
    ),
    "stretches": lambda: Regression(window=3).build(made_labelled.engines()).source("train", 4),
    "windows": lambda: made_series.task(calendar=("hour",)).source("train", 7),
    "beyond": beyond,
}


def law_compact_arrays_make_the_batch(part: Any, arrays: Any) -> None:
    small = {name: arrays[name] for name in part.picked_from}
    shapes: dict[str, Any] = {}
    for number in range(4):
        index = jnp.int32(number)
        picks = {"train": part.training_pick(small, KEY, index), "valid": part.evaluation_pick(small, index)}
        for name, pick in picks.items():
            if name == "valid" and number >= part.evaluation_batches:
                continue
            expected = jax.device_get(part.gather(arrays, pick))
            made, place = part.compact(arrays, jax.device_get(pick))
            found = jax.device_get(part.gather(made, jax.tree.map(jnp.asarray, place)))
            jax.tree.map(np.testing.assert_array_equal, found, expected)
            one = jax.tree.map(lambda x: (np.shape(x), np.asarray(x).dtype), (made, place))
            assert shapes.setdefault(name, one) == one


@pytest.mark.parametrize("name", list(SOURCES))
def test_compact_arrays_make_the_batch(name: str) -> None:
    source = SOURCES[name]()
    for part in buckets_of(source):
        law_compact_arrays_make_the_batch(part, source.arrays)


def test_the_law_can_fail() -> None:
    class Behind(Padded):
        """Sends the sequence before."""

        def compact(self, arrays: Any, pick: Any) -> Any:
            return super().compact(arrays, pick._replace(rows=np.maximum(pick.rows - 1, 0)))

    source = Behind(SEQUENCES, 4)
    with pytest.raises(AssertionError):
        law_compact_arrays_make_the_batch(source, source.arrays)
