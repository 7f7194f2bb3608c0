"""What a plan would cost, before anything compiles: arithmetic, good to a factor of three."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lstm_research.config.traced import split
from lstm_research.launch.execute import chosen_layout, count_parameters
from lstm_research.launch.memory import batches, gibibytes
from lstm_research.launch.padding import padding_told, widening_told
from lstm_research.launch.plan import Group, widened
from lstm_research.launch.runtime import cores
from lstm_research.launch.streaming import streaming_told
from lstm_research.launch.tasks import Tasks
from lstm_research.tasks.source.bucketed import buckets_of

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
    platform: str
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
    run, members = group.runs[0], len(group.runs)
    config = widened(run.config)
    parameters = count_parameters(split(config)[0], tasks[config])
    source = tasks.source(config)
    sizes = [batch.mask.size for batch in batches(source)]
    tokens = float(np.average(sizes, weights=[one.evaluation_batches for one in buckets_of(source)]))
    layout = chosen_layout(group.runs, tasks)
    at_once = min(cores(), members)
    steps = config.training.stop or config.training.steps
    flops = 6.0 * parameters * tokens * steps * members
    return Estimate(
        name=group.name,
        runs=members,
        layout=f"{layout.kind}, {layout.devices} {layout.platform}",
        platform=layout.platform,
        resumed=group.resumed,
        parameters=parameters,
        steps=steps,
        tokens=round(tokens),
        padding=", ".join(filter(None, (widening_told([run.config for run in group.runs]), padding_told(source)))),
        streaming=streaming_told(config, members, {"train": source}),
        cores=at_once,
        seconds=flops / (GFLOPS * 1e9 * at_once),
        gibibytes=gibibytes(run, members, layout, tasks),
    )
