"""Options by which more processes take part in the runs of a command, and those processes."""

import argparse
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lstm_research.types import ConfigError

if TYPE_CHECKING:
    from lstm_research.launch.tasks import Tasks
    from lstm_research.launch.watch import Watch


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    group = parser.add_argument_group("more processes (docs/clusters.md)")
    group.add_argument(
        "--jobs", default="1", metavar="N", help="so many processes on this machine, each on its share of the cores"
    )


def check(options: Any) -> None:
    """Before anything heavy is loaded: raises ConfigError, and makes numbers of words."""
    from lstm_research.launch.runtime import cores

    if not options.jobs.isdecimal() or not 1 <= int(options.jobs) <= cores():
        raise ConfigError(
            f"--jobs {options.jobs}: allowed: 1 to {cores()}, the cores that this process may use; each job has one "
            "at least"
        )
    options.jobs = int(options.jobs)


@contextlib.contextmanager
def crew(options: Any, tasks: "Tasks", watch: "Watch") -> Iterator[None]:
    """In the body `watch` has the crew that the options ask for. Raises ConfigError."""
    if options.jobs == 1:
        yield
        return
    import jax

    from lstm_research.launch.jobs import Jobs

    if jax.default_backend() != "cpu":
        raise ConfigError(
            f"--jobs {options.jobs} divides cores, and runs go to a {jax.default_backend()} here; start one process a "
            "card (docs/clusters.md), or add execution.device=cpu"
        )
    with Jobs(options.jobs, tasks, watch) as jobs:
        watch.crew = jobs
        yield
