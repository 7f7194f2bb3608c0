"""What a plan would cost, before anything compiles: arithmetic, good to a factor of three."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lstm_research.config.schema import ModelConfig
from lstm_research.config.traced import split
from lstm_research.launch.execute import chosen_layout, count_parameters
from lstm_research.launch.padding import padding_told, widening_told
from lstm_research.launch.plan import Group, widened
from lstm_research.launch.runtime import cores
from lstm_research.launch.streaming import held, streaming_told
from lstm_research.launch.tasks import Tasks
from lstm_research.models.stack import engine_of
from lstm_research.recurrence.checkpointed import segment_length
from lstm_research.tasks.source.bucketed import buckets_of
from lstm_research.training.chunks import size_of

GFLOPS = 20.0
"""What one core reaches in recurrences of the usual sizes (JSB Chorales: batch 8, 88 features, 36 units)."""

ASSUMPTION = (
    f"time: 6 x parameters x steps x tokens at {GFLOPS:g} GFLOP/s a core, all steps; compilation (5 to 15 s a "
    "population, once), evaluation and early stopping left out. memory: state, activations and data over 0.5 GiB "
    "for the process. Both to a factor of 3, on CPU"
)


@dataclass(frozen=True)
class Estimate:
    """The cost of one population."""

    name: str
    runs: int
    layout: str
    """How the members share the devices."""
    resumed: bool
    parameters: int
    """Of one member."""
    steps: int
    tokens: int
    """Steps of sequences in a training batch, padding included; the mean over an epoch where there are buckets."""
    padding: str
    """What is said of padding, or ""."""
    streaming: str
    """What is said of data that stream, or ""."""
    cores: int
    """That train its members at a time."""
    seconds: float
    gibibytes: float


def estimate(groups: Iterable[Group], tasks: Tasks) -> list[Estimate]:
    """Costs of populations, in their order. Data is loaded, nothing is compiled."""
    return [_one(group, tasks) for group in groups]


def _one(group: Group, tasks: Tasks) -> Estimate:
    config = widened(group.runs[0].config)
    task, training, model = tasks[config], config.training, config.model
    parameters = count_parameters(split(config)[0], task)
    source = tasks.source(config)
    key = jax.eval_shape(lambda: jax.random.key(0))
    step = jax.ShapeDtypeStruct((), jnp.int32)
    buckets = buckets_of(source)
    batches: list[Any] = [jax.eval_shape(one.training_batch, source.arrays, key, step) for one in buckets]
    sizes = [batch.mask.size for batch in batches]
    tokens = float(np.average(sizes, weights=[one.evaluation_batches for one in buckets]))
    length, rows = max((batch.mask.shape for batch in batches), key=lambda shape: shape[0] * shape[1])
    members, width = len(group.runs), {"float64": 8, "bfloat16": 2}.get(model.dtype, 4)
    layout = chosen_layout(group.runs, tasks)
    at_once = min(cores(), members)
    steps = training.stop or training.steps
    flops = 6.0 * parameters * tokens * steps * members
    # Parameters, the best ones, two moments and a gradient.
    state = 5 * parameters * members * width
    units = model.cell.hidden * model.layers * (2 if model.bidirectional else 1)
    activations = _kept(model, length) * length * rows * units * width * at_once
    streaming = streaming_told(config, members, {"train": source})
    data = held(config, members, "train", source) if streaming else size_of(source) * at_once
    return Estimate(
        name=group.name,
        runs=members,
        layout=f"{layout.kind}, {layout.devices} {layout.platform}",
        resumed=group.resumed,
        parameters=parameters,
        steps=steps,
        tokens=round(tokens),
        padding=", ".join(filter(None, (widening_told([run.config for run in group.runs]), padding_told(source)))),
        streaming=streaming,
        cores=at_once,
        seconds=flops / (GFLOPS * 1e9 * at_once),
        gibibytes=0.5 + (state + activations + data) / 2**30,
    )


def _kept(model: ModelConfig, length: int) -> float:
    """Values of each unit that are kept for the backward pass, per step of a sequence.

    Measured as temporaries of a compiled step (batch 16, 16 inputs, 64 units, 1000 to 10,000 steps): reference and
    fused 5 to 21 (43 for `layer_norm_lstm`), associative 11 to 14, checkpointed 2 to 3.4.
    """
    engine = engine_of(model)
    if engine != "checkpointed":
        return 12.0 if engine == "associative" else 16.0
    # h, its gradient and a copy where the last segment is filled; a carry (h and c) a segment; one segment's tape.
    every = segment_length(length, model.checkpoint_every)
    return 3 + 2 / every + 16 * every / max(1, length)
