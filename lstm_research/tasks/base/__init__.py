"""What a task is: `Spec` and `Task`. A folder, since every file of `tasks/` is a task."""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

from lstm_research.recurrence import Batch
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.types import Sum

Split = Literal["train", "valid", "test"]
"""Part of the data: fitted on, selected on, reported on."""


class Spec(NamedTuple):
    """What a model must know of a task, and a table of its metric."""

    inputs: int
    """Width d of Float[t b d] inputs; size of the vocabulary where `tokens`."""
    tokens: bool
    """True where inputs are Int[t b]."""
    outputs: int
    """Width of the model's outputs (logits or predictions)."""
    per_step: bool
    """True for Float[t b outputs], False for Float[b outputs], one answer per sequence."""
    select: str
    """Metric of `Task.metrics` that chooses on validation, unless the config names another."""
    higher_is_better: bool
    """Direction of that metric."""
    causal: bool
    """True where an output must not depend on later inputs: bidirectional models are refused."""
    letters: int = 0
    """Size of the alphabet that words are spelt in; then inputs are Int[t b 1+l], a word and its letters, 0 where it is
    shorter. 0 where they are not spelt."""
    source: int = 0
    """Size of the vocabulary of a source sequence that a target is written about; then inputs are a `Pair`, outputs an
    `Answer`, and the target's token 0 ends it and 1 stands before it. 0 where there is none."""
    autoregressive: bool = False
    """True where outputs are logits of the input token of the next step, so that a model may go on by itself."""

    def selection(self, chosen: str | None) -> tuple[str, bool]:
        """(validation metric that selects, whether higher is better) for `training.select`.

        Raises ValueError for anything but the task's own metric and its loss.
        """
        if chosen in (None, self.select):
            return self.select, self.higher_is_better
        if chosen == "loss":
            return "loss", False
        raise ValueError(f"selects on {self.select} or loss; a test metric never selects")


class Task(Protocol):
    """A task, built. Its functions are pure and may be traced; `source` is called on the host, once per split."""

    @property
    def spec(self) -> Spec: ...

    @property
    def digest(self) -> str:
        """Digest of the data, part of a run's identity; "" where everything is generated from the config."""
        ...

    def source(self, split: Split, batch: int) -> Source | Bucketed:
        """Batches of `batch` rows of a split; of one shape, or of one shape in each bucket."""
        ...

    def loss(self, outputs: Any, batch: Batch) -> Sum:
        """What training minimises, as total and count: differentiable; padding contributes nothing, NaN included."""
        ...

    def metrics(self, outputs: Any, batch: Batch) -> dict[str, Sum]:
        """What is selected on and reported. The same names in every call."""
        ...

    def chance(self) -> dict[str, float]:
        """Each metric of the best answer that looks at no input; derived in the task's docstring."""
        ...

    @property
    def baselines(self) -> tuple[str, ...]:
        """The files of `baselines/` that make naive rows for it."""
        ...


@runtime_checkable
class Predicts(Protocol):
    """A task whose runs answer for data never seen: its config has `restored(fitted, data, every=...) -> Task`."""

    @property
    def fitted(self) -> dict[str, Any]:
        """What was fitted on train, as JSON: stored with a run."""
        ...

    def lines(self, kept: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What was kept of split test (see `WholeSplit`), as rows for a file."""
        ...


@runtime_checkable
class Writes(Protocol):
    """An autoregressive task whose runs go on with a text: its config has `writer(fitted) -> Task`, without data."""

    @property
    def fitted(self) -> dict[str, Any]:
        """What was fitted on train, as JSON: stored with a run."""
        ...

    def read(self, text: str) -> Any:
        """int32[t], t >= 1: the tokens that a model is shown before it goes on, what stands before any text first."""
        ...

    def written(self, tokens: Any) -> str:
        """The text that tokens int[t] mean."""
        ...


@runtime_checkable
class Rolls(Protocol):
    """A task whose outputs in evaluation come of several calls of a model, each shown what the last one said."""

    def rolled(self, apply: Callable[[Batch], Any], batch: Batch) -> Any:
        """Outputs for a batch, from a function that gives those of a batch; both traced."""
        ...


@runtime_checkable
class WholeSplit(Protocol):
    """A task with metrics that are no means over examples, such as AUROC; and whose predictions can be written down."""

    def keep(self, outputs: Any, batch: Batch) -> dict[str, Any]:
        """What such metrics need, as arrays [b ...]: traced, like `metrics`. Rows of weight 0 are dropped later."""
        ...

    def whole(self, kept: dict[str, Any]) -> dict[str, float]:
        """The metrics, on the host, from what was kept of all examples of a split, [n ...] in the source's order."""
        ...
