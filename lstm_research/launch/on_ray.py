"""Populations as tasks of a Ray cluster. Results go to the store, a folder that all machines see, and come from there.

What makes it safe is what makes several processes on one machine safe: a lock on every population, which the kernel,
or the server of the file system, drops when its holder dies. That locks reach from machine to machine is not believed:
the driver holds one, and each machine must see it held before it takes part. The same lock, once let go, tells the
tasks to save and stop.
"""

import contextlib
import logging
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_research import types
from lstm_research.launch import runtime
from lstm_research.launch.memo import source_digest
from lstm_research.launch.orders import carry_out, device_of, packed
from lstm_research.launch.plan import Group, Run, devices_begun, make_plan
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.lock import holder, population_lock
from lstm_research.types import ConfigError, Interrupted, LabError, ResourceError

DRIVER = ".driver-"
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # or a hint about it is printed
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # the cluster's own messages, which go to stdout
}
"""Looked at by Ray when it is imported."""
RETRIES = 5
"""Times that a task whose process or machine died is started again."""
LOOK_SECONDS = 120.0
"""In which every machine must have said whether it can take part."""
TOLD_SECONDS = 30.0
"""Between two lines on how far all are."""


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    address: str | None
    """host:port of the head; None: RAY_ADDRESS, the cluster of this machine, or one started here."""
    cpus: int
    """Cores for a population."""
    gpus: float
    """GPUs for a population, or a share of one."""


@dataclass(frozen=True)
class Token:
    """How a machine knows that it sees the driver's store, and the driver that it runs the same code."""

    folder: str
    source: str
    cwd: str

    def fault(self) -> str:
        """What keeps this machine from taking part, or ""."""
        here, root = socket.gethostname(), Path(self.folder).parent
        if source_digest() != self.source:
            return f"{here}: has other source files of lstm_research than the driver; install the same version on all"
        if not Path(self.folder).exists():
            return (
                f"{here}: does not see {root}, where the driver keeps its runs; put --runs-dir on a file system that "
                "all machines mount at the same path"
            )
        if holder(Path(self.folder)) is None:
            return (
                f"{here}: sees {root}, but not that the driver holds a lock there; mount it so that flock reaches from "
                "machine to machine (docs/clusters.md), or take another file system"
            )
        return ""


@contextlib.contextmanager
def on_ray(asked: Asked, tasks: Tasks, watch: Watch) -> Iterator[Callable[[Sequence[Run]], None]]:
    """A crew. Raises ConfigError where there is no such cluster, or it does not fit."""
    ray = _connected(asked, tasks)
    try:
        with _token(tasks.store.root) as (token, let_go):
            _check(ray, asked, token)
            yield _Crew(ray, asked, tasks, watch, token, let_go)
    finally:
        ray.shutdown()


@dataclass
class _Crew:
    """Makes runs; see `on_ray`."""

    ray: Any
    asked: Asked
    tasks: Tasks
    watch: Watch
    token: Token
    let_go: Callable[[], None]

    def __call__(self, runs: Sequence[Run]) -> None:
        """Raises what a task raised; Interrupted once all have saved."""
        groups = list(make_plan(runs, self.tasks).groups)
        if groups and self.asked.gpus == 0 and groups[0].static.execution.device in ("gpu", "tpu"):
            raise ConfigError(f"execution.device={groups[0].static.execution.device}, but --gpus is 0; add --gpus 1")
        every, step, told, stopping = len(groups), 0, time.monotonic(), False
        work = self.ray.remote(_work).options(
            num_cpus=self.asked.cpus, num_gpus=self.asked.gpus, max_retries=RETRIES, name="population"
        )
        running: dict[Any, Group] = {}
        while groups or running:
            if self.watch.stop() and not stopping:
                stopping = True
                groups.clear()
                self.let_go()
            # No more are handed over than soon have a place, so that stopping is quick.
            while groups and len(running) < 2 * self._places():
                group = groups.pop(0)
                running[work.remote(packed(group.runs, self.tasks), self.token)] = group
            ended, _ = self.ray.wait(list(running), timeout=0.5)
            for one in ended:
                step = max(step, self._ended(running.pop(one), one, stopping))
                done = every - len(groups) - len(running)
                if not stopping:
                    self.watch.say(f"{done} of {every} populations done")
                    told = time.monotonic()
            if time.monotonic() - told > TOLD_SECONDS:
                told = time.monotonic()
                work_now = sum(holder(self.tasks.store.folder(one.name)) is not None for one in running.values())
                self.watch.say(f"{every - len(groups) - len(running)} of {every} populations done, {work_now} at work")
        if stopping:
            raise Interrupted(step)

    def _places(self) -> int:
        """Populations that the cluster can train at a time, as it is now."""
        there = self.ray.cluster_resources()
        places = there.get("CPU", 0) // self.asked.cpus
        if self.asked.gpus:
            places = min(places, there.get("GPU", 0) // self.asked.gpus)
        return max(1, int(places))

    def _ended(self, group: Group, one: Any, stopping: bool) -> int:
        """The step at which a task was stopped, or 0. Raises its fault."""
        try:
            answer = self.ray.get(one)
        except self.ray.exceptions.RayTaskError as error:
            raise error.cause from None
        except self.ray.exceptions.RayError as error:
            raise ResourceError(
                f"{group.name}: its task died {RETRIES + 1} times ({type(error).__name__}); given again, "
                "with more cores and so memory for each (--cpus), the command goes on"
            ) from None
        if answer["fault"] and not stopping:
            kind, text = answer["fault"]
            raise getattr(types, kind, LabError)(text)
        for line in answer["said"]:
            self.watch.say(line)
        return int(answer["step"])


def _work(order: str, token: Token) -> dict[str, Any]:
    """A task, on a worker: {"step": where it was stopped, or 0, "fault": (kind, text) or None, "said": lines}."""
    with contextlib.suppress(OSError):
        os.chdir(token.cwd)  # paths of data may begin there
    if astray := token.fault():
        return {"step": 0, "fault": ("ConfigError", astray), "said": []}
    runtime.keep_memory()
    runtime.prepare(device_of(order))
    last, here, said = time.monotonic(), socket.gethostname(), list[str]()

    def stop() -> bool:
        nonlocal last
        if time.monotonic() - last < 1.0:
            return False
        last = time.monotonic()
        return holder(Path(token.folder)) is None

    step = 0
    fault: tuple[str, str] | None = None
    try:
        carry_out(order, Watch(say=lambda line: said.append(f"{here}: {line}"), stop=stop))
    except Interrupted as interrupted:
        step = interrupted.step
    except LabError as error:
        fault = type(error).__name__, str(error)
    return {"step": step, "fault": fault, "said": said}


def _look(token: Token) -> str:
    return token.fault()


def _connected(asked: Asked, tasks: Tasks) -> Any:
    """The module `ray`, connected. Raises ConfigError."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError:
        raise ConfigError("--on ray needs Ray: pip install 'lstm_research[ray]'") from None
    address = asked.address or os.environ.get("RAY_ADDRESS")
    _reachable(address)
    devices = max(asked.cpus, devices_begun(tasks.store))
    variables = {name: value for name, value in os.environ.items() if name.startswith("LSTM_RESEARCH_")}
    variables |= {"PJRT_NPROC": str(asked.cpus), "JAX_NUM_CPU_DEVICES": str(devices)}
    if not asked.gpus:
        variables["JAX_PLATFORMS"] = "cpu"
    elif asked.gpus < 1:
        variables["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{0.9 * asked.gpus:.3f}"
    # Ray takes the signals for itself; they are the command's.
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        ray.init(
            address=address, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False,
            runtime_env={"env_vars": variables},
        )  # fmt: skip
    except Exception as error:  # of many types
        reason = " ".join(str(error).split())[:160]
        raise ConfigError(f"--on ray: no cluster to be had at {address or 'this machine'} ({reason})") from None
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return ray


def _reachable(address: str | None) -> None:
    """Raises ConfigError where nobody listens: Ray itself tries for minutes."""
    if address in (None, "auto", "local"):
        return
    host, _, port = str(address).rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise ConfigError(
            f"--address {address}: expected host:port of the head, as `ray start --head` prints it; start the command "
            "on a machine of the cluster"
        )
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise ConfigError(
            f"--address {address}: no cluster there ({error.strerror or error}); `ray status` on its head shows one, "
            "`ray start --head` starts one"
        ) from None


@contextlib.contextmanager
def _token(root: Path) -> Iterator[tuple[Token, Callable[[], None]]]:
    """A folder of the store, locked until let go of, and removed. Those that killed drivers left go as well."""
    root.mkdir(parents=True, exist_ok=True)
    for left in root.glob(f"{DRIVER}*"):
        if holder(left) is None:
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=DRIVER, dir=root))
    with contextlib.ExitStack() as held:
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        lock = contextlib.ExitStack()
        held.push(lock)
        lock.enter_context(population_lock(folder))
        yield Token(str(folder), source_digest(), os.getcwd()), lock.close


def _check(ray: Any, asked: Asked, token: Token) -> None:
    """Raises ConfigError where no machine is large enough, or one cannot take part."""
    nodes = [node for node in ray.nodes() if node["Alive"]]
    for what, wanted in (("CPU", asked.cpus), ("GPU", asked.gpus)):
        most = max(node["Resources"].get(what, 0) for node in nodes)
        if wanted > most:
            raise ConfigError(f"--{what.lower()}s {wanted:g}: no machine of the cluster has more than {most:g}")
    strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
    look = ray.remote(_look)
    asking = {
        look.options(num_cpus=0, scheduling_strategy=strategy(node["NodeID"], soft=False)).remote(token): node
        for node in nodes
    }
    faults = []
    for one, node in asking.items():
        try:
            fault = ray.get(one, timeout=LOOK_SECONDS)
        except Exception as error:  # the package is not there, or a worker does not start
            reason = str(getattr(error, "cause", error) or error).strip().splitlines()[-1][:200]
            fault = f"{node['NodeManagerHostname']}: cannot run lstm_research ({reason}); install it there"
        if fault:
            faults.append(fault)
    if faults:
        raise ConfigError("\n".join(dict.fromkeys(faults)))
