"""`Gathered`: a source that first picks, from the key and the step alone, and then gathers what was picked."""

from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from lstm_research.data.mapped import stretches
from lstm_research.recurrence import Batch


class Pick(NamedTuple):
    """Which examples make a batch."""

    rows: Any
    """Int[b]."""
    weight: Any
    """Float[b], 0 for a row that only fills a batch."""


class Gathered:
    """A `Source` in two halves, so that its data may lie on the device or in a file, and a batch is made one way.

    A pick is small, and a pure function of (key, step). Where data lie on the device, picking and gathering are both
    part of the compiled program. Where they stream, the host picks ahead of the device and sends `compact` arrays, and
    the compiled program gathers from these, by the same code.
    """

    carried: bool = False
    arrays: Any
    picked_from: ClassVar[tuple[str, ...]] = ()
    """Names of the arrays that picking reads: small beside the steps themselves."""

    def training_pick(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Any:
        """What the batch of an update is made of. `arrays` may hold no more than `picked_from`."""
        raise NotImplementedError

    def evaluation_pick(self, arrays: Any, index: Int[Array, ""]) -> Any:
        """The same for evaluation batch `index`; of no meaning after the last."""
        raise NotImplementedError

    def gather(self, arrays: Any, pick: Any) -> Batch:
        """The batch."""
        raise NotImplementedError

    def compact(self, arrays: Any, pick: Any) -> tuple[dict[str, Any], Any]:
        """(arrays, pick) that `gather` makes the same batch of, with nothing but what it needs: on NumPy, on the host.

        Of the same shapes for every pick.
        """
        raise NotImplementedError

    def training_batch(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Batch:
        return self.gather(arrays, self.training_pick(arrays, key, step))

    def evaluation_batch(self, arrays: Any, index: Int[Array, ""]) -> Batch:
        return self.gather(arrays, self.evaluation_pick(arrays, index))


def in_order(index: Int[Array, ""], batch: int, number: int) -> Pick:
    """Rows index * batch .. of `number`, weight 0 after the last."""
    rows = index * batch + jnp.arange(batch, dtype=jnp.int32)
    return Pick(rows, (rows < number).astype(jnp.float32))


def everyone(rows: Int[Array, " b"]) -> Pick:
    """These rows, none of which is a filler."""
    return Pick(rows, jnp.ones(rows.shape[0], jnp.float32))


def few(arrays: Any, pick: Pick, steps: int) -> tuple[dict[str, Any], Pick]:
    """`Gathered.compact` of the rows of a corpus, and of their targets: each gets room for so many steps."""
    rows = np.minimum(pick.rows, len(arrays["start"]) - 1)
    local = np.arange(len(rows), dtype=np.int32)
    # Whatever comes after the end of a row is behind its mask, here as on the device.
    found = stretches(arrays["flat"], arrays["start"][rows], steps)
    kept = {
        "flat": found.reshape(-1, *found.shape[2:]),
        "start": local * np.int32(steps),
        "length": arrays["length"][rows],
    }
    if "targets" in arrays:
        kept["targets"] = {name: values[rows] for name, values in arrays["targets"].items()}
    return kept, Pick(local, pick.weight)
