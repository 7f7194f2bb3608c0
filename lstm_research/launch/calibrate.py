"""How long a plan takes on this machine, from a few updates of its costliest population instead of arithmetic alone."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import jax

from lstm_research.launch.estimate import Estimate
from lstm_research.launch.execute import assemble, precision
from lstm_research.launch.plan import Group
from lstm_research.launch.tasks import Tasks

WORTH = 60.0
"""Seconds that a plan takes by arithmetic above which it is worth calibrating: that takes a compilation."""
LEAST = 2.0
"""Seconds of updates that are timed."""


@dataclass(frozen=True)
class Calibrated:
    """A plan's costs as measured."""

    costs: list[Estimate]
    """With seconds of training, scaled."""
    compilations: float
    """Seconds for all programs, with an empty cache, each taking as long as the one that was compiled."""
    told: str
    """What was measured."""


def calibrate(groups: Sequence[Group], costs: Sequence[Estimate], tasks: Tasks) -> Calibrated:
    """Compile the population that costs most and time some of its updates; the others follow by their operations.

    Args:
      costs: of the groups, in their order.

    Nothing is kept, but in the compilation cache. Raises ConfigError, DataError, ResourceError as training would.
    """
    place = max(range(len(costs)), key=lambda k: costs[k].seconds)
    group, cost = groups[place], costs[place]
    with precision(group.runs):
        population = assemble(group.runs, tasks)
        state = jax.block_until_ready(population.init())
        began = time.perf_counter()
        state = jax.block_until_ready(population.train(state, 1))
        compiled = time.perf_counter() - began
        updates, seconds = 0, 0.0
        while seconds < LEAST:
            now = max(1, min(updates, cost.steps))
            began = time.perf_counter()
            state = jax.block_until_ready(population.train(state, now))
            seconds += time.perf_counter() - began
            updates += now
    each = seconds / updates
    ratio = each * cost.steps / cost.seconds
    programs = len({(group.static, len(group.runs)) for group in groups})
    return Calibrated(
        costs=[replace(one, seconds=one.seconds * ratio) for one in costs],
        compilations=compiled * programs,
        told=(
            f"time: measured on {cost.name}, {each * 1000 / cost.runs:.3g} ms an update of a member, {compiled:.0f} s "
            "to compile; the others by their operations. Evaluation and early stopping left out"
        ),
    )
