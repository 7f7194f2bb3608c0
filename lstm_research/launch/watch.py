"""`Watch`: who is told what while runs are made. No JAX, so that a command may hold one before it knows what to run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lstm_research.launch.plan import Group, Plan, Run


@dataclass
class Watch:
    """Hooks of a command or a program; every one may be left out."""

    say: Callable[[str], None] = lambda line: None
    """A line for the user: what starts, what was found damaged."""
    asked: Callable[[Mapping[str, str]], None] = lambda compared: None
    """Before a sweep makes runs: run id -> what is compared, as overrides."""
    planned: Callable[[Plan], None] = lambda plan: None
    """Before populations are made: what is there, and what is to be made."""
    progress: Callable[[Group, Any], None] = lambda group, progress: None
    """After every dispatch, with a `training.loop.Progress`."""
    evaluated: Callable[[Group, int, dict[str, Any]], None] = lambda group, step, row: None
    """At every evaluation, for every member: (population, step, line of metrics.jsonl)."""
    stop: Callable[[], bool] = lambda: False
    """Asked after every dispatch; once true, the population saves and `Interrupted` is raised."""
    crew: Callable[[Sequence[Run]], None] = lambda runs: None
    """Offered runs before any is made here: other processes, which make what they can. What is left is made here."""
