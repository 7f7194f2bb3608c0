"""How long a plan takes on this machine, from a few updates of its costliest population instead of arithmetic alone."""

import time
from collections.abc import Sequence
from dataclasses import replace

import jax

from lstm_research.launch.estimate import Estimate
from lstm_research.launch.execute import assemble, precision
from lstm_research.launch.plan import Group
from lstm_research.launch.tasks import Tasks

WORTH = 60.0
"""Seconds that a plan takes by arithmetic above which it is worth calibrating: that takes a compilation."""
LEAST = 2.0
"""Seconds of updates that are timed."""


def calibrate(groups: Sequence[Group], costs: Sequence[Estimate], tasks: Tasks) -> tuple[list[Estimate], str]:
    """Compile the population that costs most and time some of its updates; the others follow by their operations.

    Returns costs with seconds of training as measured, and what is to be said of them.

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
    programs = len({(one.static, len(one.runs)) for one in groups})
    first = compiled * programs / 60
    told = (
        f"time: measured on {cost.name}, {each * 1000 / cost.runs:.3g} ms an update of a member ({ratio:.2g} times "
        f"what arithmetic says); the others by their operations. compilation: {compiled:.0f} s there, so about "
        f"{first:.1f} min for {programs} program{'s' * (programs > 1)} the first time. Evaluation and early stopping "
        "left out. memory by arithmetic, to a factor of 3"
    )
    return [replace(one, seconds=one.seconds * ratio) for one in costs], told
