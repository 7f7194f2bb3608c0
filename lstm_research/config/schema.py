"""The config of a run: one frozen dataclass per section, a docstring under each field."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Lt

from lstm_research.config.fields import SEEDS, Kind, Scalar

NOT_SEMANTIC = {"semantic": False}
"""Metadata of a field that changes how a run is executed, not what it computes: no part of the run id."""


@dataclass(frozen=True, kw_only=True)
class ConvolutionConfig:
    """A convolution over time and a ReLU, between the encoder and the first layer: no output looks ahead."""

    width: Annotated[int, Ge(1)]
    """Steps that one output sees, its own the last."""
    stride: Annotated[int, Ge(1)] = 1
    """Steps between two outputs: layers run over so many times fewer. Above 1 for answers to whole sequences only."""
    channels: Annotated[int, Ge(1)] | None = None
    """Width of its outputs; by default the cell's hidden size."""

    def check(self) -> None:
        """Raises ValueError for a stride that leaves steps out."""
        if self.stride > self.width:
            raise ValueError(f"stride={self.stride} is more than width={self.width}: steps between would never be seen")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """encoder -> convolution -> layers of one cell -> head."""

    cell: Annotated[Any, Kind("lstm_research.cells")]
    """The recurrent cell and its own fields, e.g. {kind: lstm, hidden: 128}."""
    layers: Annotated[int, Ge(1)] = 1
    """Number of stacked recurrent layers."""
    bidirectional: bool = False
    """Run each layer in both directions and concatenate; the task must not be causal."""
    residual: bool = False
    """Add a layer's input to its output where the widths agree (every layer but possibly the first)."""
    encoder: Literal["none", "linear", "embedding"] = "none"
    """What stands before the first layer; `none` feeds features as they are and tokens one-hot."""
    encoder_size: Annotated[int, Ge(1)] | None = None
    """Width of the encoder; by default the cell's hidden size."""
    attention: Literal["none", "additive", "dot"] = "none"
    """What a decoder looks back at its source with (Bahdanau et al. 2015; Luong et al. 2015)."""
    beam: Annotated[int, Ge(1)] = 1
    """Ways to go on that decoding keeps; 1 is greedy."""
    tied: bool = False
    """The head's matrix is the embedding's, turned (Press & Wolf 2017; Inan et al. 2017): for outputs that are the same
    tokens as the inputs, and an encoder as wide as the last layer's output."""
    spelling: Annotated[int, Ge(1)] | None = None
    """Width of what is made of a word's letters and stands beside its embedding, for tasks that spell words."""
    convolution: ConvolutionConfig | None = None
    """What the layers see instead of the encoder's outputs, e.g. {width: 5, stride: 2}."""
    head: Literal["auto", "step", "last", "mean", "max", "attention"] = "auto"
    """Outputs per step, from the last valid step, or from a pool over valid steps, for `attention` a learned one (Yang
    et al. 2016); `auto`: what the task asks for."""
    dropout: Annotated[Scalar, Ge(0), Lt(1)] | None = None
    """Rate on the inputs of every layer and of the head, but not on raw inputs; None compiles it away."""
    variational: bool = False
    """Use one dropout mask for all time steps of a sequence (Gal & Ghahramani 2016)."""
    weight_noise: Annotated[Scalar, Ge(0)] | None = None
    """Standard deviation of Gaussian noise added to every parameter in each training step (Graves 2011)."""
    input_noise: Annotated[Scalar, Ge(0)] | None = None
    """Standard deviation of Gaussian noise added to every input feature in each training step (Greff et al. 2017)."""
    learned_carry: bool = False
    """Learn the initial carry instead of starting from zero."""
    init_from: str | None = None
    """Start from the best parameters of this run (id or unique beginning of it) instead of from random ones."""
    dtype: Literal["float32", "float64", "bfloat16"] = "float32"
    """Type of parameters and computation."""
    engine: Literal["auto", "fused", "reference", "associative", "checkpointed"] = field(
        default="auto", metadata=NOT_SEMANTIC
    )
    """How the cell is run through time; every engine computes the same values. `auto`: the fastest the cell allows.
    `checkpointed` recomputes what the others keep for the backward pass: for sequences too long for the memory."""
    checkpoint_every: Annotated[int, Ge(1)] | None = field(default=None, metadata=NOT_SEMANTIC)
    """Steps between two carries that the engine `checkpointed` keeps; None is the square root of the length."""


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Budget, batches, and selection on validation."""

    steps: Annotated[int, Ge(1)]
    """Largest number of parameter updates."""
    batch: Annotated[int, Ge(1)]
    """Sequences (or rows of a stream) in a training batch."""
    eval_every: Annotated[int, Ge(1)]
    """Updates between two evaluations on validation; the best of them is kept."""
    stop: Annotated[int, Ge(1)] | None = None
    """End after so many updates, a multiple of eval_every, with the schedule of all `steps`: as far as a sweep takes
    what it drops early. A run that goes further and is otherwise the same goes on from there."""
    after: tuple[str, ...] | None = None
    """Runs, one for each seed, to go on from where their `stop` ended them, state, metrics and all. They are the same
    but for Scalars, as of a learning rate; so does a search of kind population."""
    patience: Annotated[int, Ge(1)] | None = None
    """Stop a member after so many evaluations without improvement."""
    select: str | None = None
    """Validation metric that chooses the best parameters; by default the task's own."""
    init_seed: Annotated[int, Ge(0), Lt(2**32)] | None = None
    """Seed of the initial parameters alone; by default the run's seed."""
    data_seed: Annotated[int, Ge(0), Lt(2**32)] | None = None
    """Seed of generated data and of data order alone; by default the run's seed."""


@dataclass(frozen=True, kw_only=True)
class ExecutionConfig:
    """How, not what: nothing here changes a run's id."""

    device: Literal["auto", "cpu", "gpu", "tpu"] = "auto"
    """Kind of device to train on."""
    layout: Literal["auto", "map", "vmap", "sharded_map", "sharded_vmap", "sharded_batch"] = "auto"
    """How members share devices; `auto` lets the planner choose and say so. `sharded_batch`, by name alone, divides the
    rows of every batch over the devices: for one run that is too large for one of them."""
    pad_hidden: Annotated[int, Ge(1)] | None = None
    """Round hidden sizes up to a multiple of this, with units that are zero and stay so: runs of several sizes then
    share a program, for more multiply-adds. Numbers change by rounding alone."""
    memory_gib: Annotated[float, Gt(0)] | None = None
    """Gibibytes that a population may take on all its devices, by arithmetic good to a factor of three: runs that share
    a program are trained in so many populations. By default 64 runs are one, whatever they take."""
    eval_batch: Annotated[int, Ge(1)] = 64
    """Sequences in an evaluation batch."""
    data: Literal["auto", "device", "stream"] = "auto"
    """Where a data set lies while it is trained on: on the device, put there once; or in memory or a file, from where
    it streams, to the same bits. `auto`: each split that is larger than `device_data_gib` streams."""
    device_data_gib: Annotated[float, Ge(0)] = 4.0
    """Gibibytes of a split that are put on the device, and of a data set that are read into memory, under `data: auto`.
    """
    steps_per_dispatch: Annotated[int, Ge(1)] | None = None
    """Training steps in one call of the compiled program; by default eval_every, at most 500."""
    checkpoint_minutes: Annotated[float, Gt(0)] = 1.0
    """A population saves its state at the first evaluation after so many minutes, and at its end."""
    tensorboard: bool = False
    """Also write TensorBoard event files (needs the tensorboard extra)."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """All that a run needs: one config and one of its seeds is a run."""

    task: Annotated[Any, Kind("lstm_research.tasks")]
    """The task and its own fields, e.g. {kind: adding, length: 100}."""
    data: Annotated[Any, Kind("lstm_research.data.sets")] | None = None
    """The data set of a task that takes any of its kind, e.g. {kind: ett, name: h1}; None where the task brings its own
    or generates it."""
    model: ModelConfig
    optimizer: Annotated[Any, Kind("lstm_research.training.optimizers")]
    """The optimizer and its own fields, e.g. {kind: adam, learning_rate: 0.001}."""
    training: TrainingConfig
    execution: ExecutionConfig = field(default_factory=ExecutionConfig, metadata=NOT_SEMANTIC)
    seeds: Annotated[tuple[int, ...], SEEDS] = field(default=(0,), metadata=NOT_SEMANTIC)
    """Seeds to run: a list, or `a:b` for a .. b-1. Each is a run of its own."""
