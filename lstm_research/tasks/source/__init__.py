"""Where batches come from: `Source`, three kinds of it, and `Bucketed`, several in one.

A folder, since every file of `tasks/` is a task.
"""

from typing import Any, Protocol

from jaxtyping import Array, Int, Key

from lstm_research.recurrence import Batch


class Source(Protocol):
    """Batches of one split, all of one shape, computed on the device.

    `arrays` is put on the device once and handed back to both functions, which close over no array of the data: data
    are arguments of a compiled program, not constants in it.
    """

    @property
    def carried(self) -> bool:
        """True where a row continues in the next batch, so that the model's carry must be handed on."""
        ...

    @property
    def arrays(self) -> Any:
        """Pytree of arrays that both functions read; empty where all is generated."""
        ...

    @property
    def evaluation_batches(self) -> int:
        """Number of evaluation batches in which every example, or step, counts exactly once."""
        ...

    def training_batch(self, arrays: Any, key: Key[Array, ""], step: Int[Array, ""]) -> Batch:
        """The batch of an update. Pure: everything random derives from (key, step). `step` is an int32, traced."""
        ...

    def evaluation_batch(self, arrays: Any, index: Int[Array, ""]) -> Batch:
        """Batch `index` in 0 .. evaluation_batches-1, the same in every call. `index` is an int32, traced."""
        ...
