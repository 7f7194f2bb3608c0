"""Memory that a population takes, by arithmetic, and how many members fit into what it may take."""

import os
from typing import Any

import jax
import jax.numpy as jnp

from lstm_research.config.schema import ModelConfig
from lstm_research.config.traced import split
from lstm_research.launch.execute import chosen_layout, count_parameters
from lstm_research.launch.plan import LARGEST, Run, widened
from lstm_research.launch.streaming import held, streaming_told
from lstm_research.launch.tasks import Tasks
from lstm_research.models.stack import engine_of
from lstm_research.recurrence.checkpointed import segment_length
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed, buckets_of
from lstm_research.training.chunks import size_of
from lstm_research.training.layout import Layout
from lstm_research.types import ConfigError

PROCESS = 0.5
"""Gibibytes of a process that has imported everything and compiled."""


def gibibytes(run: Run, members: int, layout: Layout, tasks: Tasks) -> float:
    """Of a population of so many members like this run, over all its devices: state, activations, data, the process.

    Under the `map` layouts a device has one member at a time, under `vmap` all of its members.
    """
    config = widened(run.config)
    model, source = config.model, tasks.source(config)
    together = members if layout.kind.endswith("vmap") else min(layout.devices, members)
    width = {"float64": 8, "bfloat16": 2}.get(model.dtype, 4)
    # Parameters, the best ones, two moments and a gradient.
    state = 5 * count_parameters(split(config)[0], tasks[config]) * members * width
    length, rows = max((batch.mask.shape for batch in batches(source)), key=lambda shape: shape[0] * shape[1])
    units = model.cell.hidden * model.layers * (2 if model.bidirectional else 1)
    activations = _kept(model, length) * length * rows * units * width * together
    streaming = streaming_told(config, members, {"train": source})
    data = held(config, members, "train", source) if streaming else size_of(source) * layout.devices
    return PROCESS + (state + activations + data) / 2**30


def most_members(run: Run, limit: float, tasks: Tasks) -> int:
    """How many members like this run take so many gibibytes as a population, `LARGEST` at most.

    Raises ConfigError where it is too little for one.
    """

    def needed(members: int) -> float:
        return gibibytes(run, members, chosen_layout([run] * members, tasks), tasks)

    fits, too_many = 0, LARGEST + 1
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        fits, too_many = (middle, too_many) if needed(middle) <= limit else (fits, middle)
    if not fits:
        raise ConfigError(
            f"execution.memory_gib={limit:g}: one run takes about {needed(1):.2g} GiB; raise it, lower training.batch, "
            "or take model.engine=checkpointed"
        )
    return fits


def there_is(platform: str) -> float | None:
    """Gibibytes of this machine, or of its devices of this kind; None where nothing tells."""
    if platform == "cpu":
        pages = os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else -1
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**30 if pages > 0 else None
    limits = [stats["bytes_limit"] for device in jax.devices(platform) if (stats := device.memory_stats())]
    return sum(limits) / 2**30 if limits else None


def batches(source: Source | Bucketed) -> list[Any]:
    """A training batch of each bucket, as shapes."""
    key = jax.eval_shape(lambda: jax.random.key(0))
    step = jax.ShapeDtypeStruct((), jnp.int32)
    return [jax.eval_shape(one.training_batch, source.arrays, key, step) for one in buckets_of(source)]


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
