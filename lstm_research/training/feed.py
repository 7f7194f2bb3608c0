"""`Feed`: chunks of batches, gathered on the host while the device trains on the ones before.

Which examples make a batch is a function of (key, step) alone, so a chunk is one of its index: Grain reads ahead with
threads of its own, in order, and where it stands is the step that a checkpoint holds anyway.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from lstm_research.data.mapped import release
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed, buckets_of
from lstm_research.tasks.source.gathered import Gathered, Pick
from lstm_research.training.chunks import Shapes
from lstm_research.types import ResourceError

AHEAD = 2
"""Chunks that Grain gathers, or holds, before they are asked for."""


def grain() -> Any:
    """The library, imported where something streams alone: it takes seconds. Raises ResourceError without it."""
    try:
        import grain
    except ImportError as error:
        raise ResourceError(
            f"execution.data: data would stream through grain, which cannot be imported ({error}); "
            "pip install 'lstm_research[stream]', or put all of them on the device with execution.data=device"
        ) from error
    return grain


class Feed:
    """Chunks on the device, one after another, or from anywhere on.

    Args:
      make: chunk of an index, as NumPy arrays; called in another thread.
      steps: batches there are.
      batches: of them in a chunk.
      place: puts a chunk on the device.
    """

    def __init__(self, make: Callable[[int], Any], steps: int, batches: int, place: Callable[[Any], Any]):
        library = grain()
        number = -(-steps // batches)
        options = library.ReadOptions(num_threads=AHEAD, prefetch_buffer_size=AHEAD)
        self._iterator = iter(library.MapDataset.range(number).map(make).to_iter_dataset(options))
        self._number, self._batches, self._place = number, batches, place
        self._next, self._current = 0, -1
        self._here: dict[int, Any] = {}

    def at(self, step: int) -> tuple[Any, int]:
        """The chunk with the batch of a step, and how many batches of it are left from there on."""
        index = min(step // self._batches, self._number - 1)
        if index not in self._here:
            self._take(index)
        self._current = index
        self._here = {at: chunk for at, chunk in self._here.items() if at in (index, index + 1)}
        return self._here[index], (index + 1) * self._batches - step

    def ahead(self) -> None:
        """Have the chunk after the current one on its way to the device."""
        if self._current + 1 < self._number and self._current + 1 not in self._here:
            self._take(self._current + 1)

    def close(self) -> None:
        """Stop reading ahead."""
        self._here = {}
        self._iterator.close()

    def _take(self, index: int) -> None:
        if index != self._next:
            self._iterator.set_state({"next_index": index})
        self._here[index] = self._place(next(self._iterator))
        self._next = index + 1


class Gatherer:
    """Makes chunks, as `Chunked` reads them: NumPy arrays, with an axis p in front where there are keys.

    Args:
      source: its parts are `Gathered`.
      arrays: that it gathers from.
      shapes: of its batches.
      keys: of the order of every member; None for the batches of evaluation, which all members share.
    """

    def __init__(self, source: Source | Bucketed, arrays: Any, shapes: Shapes, keys: Key[Array, " p"] | None):
        self._arrays, self._shapes, self._own = arrays, shapes, keys is not None
        self._members = 1 if keys is None else len(keys)
        # On a CPU device, and compiled here and now: what JAX is set to is a thread's own business.
        host = _host()
        small = {name: arrays[name] for name in shapes.parts[0].picked_from}
        given = jax.device_put((() if keys is None else keys, small), host)
        compiled = jax.jit(partial(_picks, source, shapes.batches)).lower(*given, np.int32(0)).compile()
        self._picks: Callable[[Any], Any] = lambda begin: jax.device_get(compiled(*given, begin))

    def __call__(self, index: int) -> dict[str, Any]:
        """Chunk `index`: batches index * k and on."""
        shapes, begin = self._shapes, np.int32(index * self._shapes.batches)
        which, picks = self._picks(begin)
        sizes = (self._members, shapes.batches)
        room = jax.tree.map(lambda x: np.empty((*sizes, *x.shape), x.dtype), shapes.largest)
        leaves = jax.tree.leaves(room)
        for place in np.ndindex(sizes):
            bucket = which[place]
            pick = jax.tree.map(lambda x, cut, place=place: x[(*place, *cut)], picks, shapes.cuts[bucket])
            made = shapes.parts[bucket].compact(self._arrays, pick)
            for space, one in zip(leaves, jax.tree.leaves(made), strict=True):
                space[(*place, *map(slice, np.shape(one)))] = one
        release(self._arrays)
        chunk = {"made": room, "begin": np.full(self._members, begin, np.int32)}
        return chunk if self._own else jax.tree.map(lambda x: x[0], chunk)


def _host() -> jax.Device:
    """A CPU device, where JAX has one: what is asked of an accelerator waits until it has trained."""
    try:
        return jax.local_devices(backend="cpu")[0]
    except RuntimeError:
        return jax.local_devices()[0]


def _picks(source: Source | Bucketed, batches: int, keys: Any, arrays: Any, begin: Int[Array, ""]) -> Any:
    """(bucket Int[p k], picks [p k ...]) of batches begin .. begin + k - 1."""
    numbers = begin + jnp.arange(batches, dtype=jnp.int32)
    if isinstance(keys, tuple):
        part: Any = buckets_of(source)[0]
        one_by_one = jax.lax.map(lambda index: part.evaluation_pick(arrays, index), numbers)
        return jnp.zeros((1, batches), jnp.int32), jax.tree.map(lambda x: x[None], one_by_one)
    return jax.lax.map(lambda key: jax.lax.map(lambda step: _pick(source, arrays, key, step), numbers), keys)


def _pick(source: Source | Bucketed, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Any:
    """(bucket, pick) of an update; the rows of a bucket are filled up to those of the one with the most."""
    if not isinstance(source, Bucketed):
        assert isinstance(source, Gathered)
        return jnp.zeros((), jnp.int32), source.training_pick(arrays, key, step)
    most = max(bucket.rows for bucket in source.buckets)

    def filled(bucket: Any) -> Pick:
        pick = bucket.training_pick(arrays, key, step)
        return Pick(*(jnp.pad(x, (0, most - bucket.rows)) for x in pick))

    which = source.bucket(key, step)
    return which, jax.lax.switch(which, [partial(filled, bucket) for bucket in source.buckets])
