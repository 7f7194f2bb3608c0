"""Options by which more processes take part in the runs of a command, and those processes."""

import argparse
import contextlib
import math
import os
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
    group.add_argument("--on", choices=("ray",), help="a cluster, a population a task")
    group.add_argument("--address", metavar="HOST:PORT", help="of its head (or RAY_ADDRESS, or one started here)")
    group.add_argument("--cpus", metavar="N", help="cores for a population on the cluster (1)")
    group.add_argument("--gpus", metavar="N", help="GPUs for a population on the cluster, or a share of one (0)")


def add_hosts(parser: argparse.ArgumentParser) -> None:
    """Arguments by which several processes train each population together."""
    group = parser.add_argument_group("one population over several processes (docs/clusters.md)")
    group.add_argument("--coordinator", metavar="HOST:PORT", help="of the first process, the same for all")
    group.add_argument("--processes", metavar="N", help="how many there are")
    group.add_argument("--process", metavar="I", help="which one this is, from 0; all get the same command")


def check_hosts(options: Any) -> None:
    """Before anything heavy is loaded: raises ConfigError, and makes numbers of words."""
    options.follows = False
    given = {name: getattr(options, name) for name in ("coordinator", "processes", "process")}
    if missing := [name for name, value in given.items() if value is None]:
        if len(missing) < len(given):
            raise ConfigError(f"--{missing[0]} is missing: --coordinator, --processes and --process go together")
        options.processes = 1
        return
    if not options.processes.isdecimal() or int(options.processes) < 2:
        raise ConfigError(f"--processes {options.processes}: allowed: a whole number >= 2")
    options.processes = int(options.processes)
    if not options.process.isdecimal() or int(options.process) >= options.processes:
        raise ConfigError(f"--process {options.process}: allowed: 0 to {options.processes - 1}")
    options.process = int(options.process)
    options.follows = options.process > 0
    host, colon, port = options.coordinator.rpartition(":")
    if not (host and colon and port.isdecimal()):
        raise ConfigError(f"--coordinator {options.coordinator}: allowed: HOST:PORT, of the machine of process 0")
    if getattr(options, "jobs", 1) != 1 or getattr(options, "on", None) is not None:
        raise ConfigError("--coordinator is for processes that train a population together; leave --jobs and --on out")


def join(options: Any) -> None:
    """Become one of the processes that the options name; before anything touches a device. Raises ResourceError."""
    if options.processes > 1:
        from lstm_research.training import hosts

        hosts.join(options.coordinator, options.processes, options.process)


def check(options: Any) -> None:
    """Before anything heavy is loaded: raises ConfigError, and makes numbers of words."""
    from lstm_research.launch.runtime import cores

    if not options.jobs.isdecimal() or not 1 <= int(options.jobs) <= cores():
        raise ConfigError(
            f"--jobs {options.jobs}: allowed: 1 to {cores()}, the cores that this process may use; each job has one "
            "at least"
        )
    options.jobs = int(options.jobs)
    if options.on is None:
        for name in ("address", "cpus", "gpus"):
            if getattr(options, name) is not None:
                raise ConfigError(f"--{name} is for --on ray; add that, or leave it out")
        return
    if options.jobs > 1:
        raise ConfigError("--jobs is for this machine, --on for a cluster; leave one out")
    options.cpus, options.gpus = _number("cpus", options.cpus or "1", 1), _number("gpus", options.gpus or "0", 0)
    if not options.cpus.is_integer():
        raise ConfigError(f"--cpus {options.cpus:g}: allowed: a whole number >= 1")
    # This process only looks on: the memory of a card is for those that train.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


def _number(name: str, word: str, least: int) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not least <= value < math.inf or (value > 1 and not value.is_integer()):
        raise ConfigError(f"--{name} {word}: allowed: a whole number >= {least}{', or a share below 1' * (not least)}")
    return value


@contextlib.contextmanager
def crew(options: Any, tasks: "Tasks", watch: "Watch") -> Iterator[None]:
    """In the body `watch` has the crew that the options ask for. Raises ConfigError."""
    if options.on is not None:
        from lstm_research.launch.on_ray import Asked, on_ray

        with on_ray(Asked(options.address, int(options.cpus), options.gpus), tasks, watch) as watch.crew:
            yield
        return
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
