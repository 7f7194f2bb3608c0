"""Processes on this machine that make runs together, each on its share of the cores.

They meet in the store alone, as any processes that are given the same runs: what one leaves that dies, another takes.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, Queue
from typing import Any

from lstm_research.launch.orders import packed
from lstm_research.launch.plan import Run, make_plan
from lstm_research.launch.runtime import cores
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.types import Interrupted

WORKER = "lstm_research.cli.worker"
POLL_SECONDS = 0.2


@dataclass
class Job:
    """One process."""

    name: str
    process: "subprocess.Popen[str]"

    def send(self, order: str) -> None:
        """Hand over an order; one that is dead is found to be so by `Jobs`."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(order + "\n")
            self.process.stdin.flush()


class Jobs:
    """`number` processes; called with runs, they make what the store lacks of them. Use it as a context."""

    def __init__(self, number: int, tasks: Tasks, watch: Watch) -> None:
        self.number, self.tasks, self.watch = number, tasks, watch
        self._jobs: dict[int, Job] = {}
        self._heard: Queue[tuple[Job, str, str]] = Queue()
        self._said: set[str] = set()

    def __enter__(self) -> "Jobs":
        return self

    def __exit__(self, *_: Any) -> None:
        """An idle one ends with its input; one that is at work here was to be stopped at once."""
        for job in self._jobs.values():
            job.process.kill()
            job.process.wait()

    def __call__(self, runs: Sequence[Run]) -> None:
        """Returns when all of them are done or dead. Raises Interrupted once they have saved."""
        number = min(self.number, len(make_plan(runs, self.tasks).groups))
        if number < 2:
            return
        order = packed(runs, self.tasks)
        busy = [self._job(place, number) for place in range(number)]
        for job in busy:
            job.send(order)
        stopping, step = False, 0
        while busy:
            if self.watch.stop() and not stopping:
                stopping = True
                for job in busy:
                    job.process.send_signal(signal.SIGTERM)
            try:
                job, what, text = self._heard.get(timeout=POLL_SECONDS)
            except Empty:
                continue
            if what == "said" and not stopping:
                self._say(job, text)
            elif what == "answer":
                busy.remove(job)
                answer = json.loads(text)
                step = max(step, answer["step"])
                if answer["fault"]:
                    self._say(job, answer["fault"])
            elif what == "end" and job in busy:
                busy.remove(job)
                left = "the others go on with what it had" if busy else "this process goes on with what is left"
                self.watch.say(f"{job.name} {_ended(job.process)}: {'stopped' if stopping else left}")
        if stopping:
            raise Interrupted(step)

    def _say(self, job: Job, line: str) -> None:
        """What one said, once, whoever else says it."""
        if line not in self._said:
            self._said.add(line)
            self.watch.say(f"{job.name}: {line}")

    def _job(self, place: int, number: int) -> Job:
        """The process at a place, started where there is none or it has died."""
        job = self._jobs.get(place)
        if job is not None and job.process.poll() is None:
            return job
        with _share(place, number):
            # A session of its own: Ctrl-C is this process's to pass on.
            process = subprocess.Popen(
                [sys.executable, "-m", WORKER, str(os.getpid())],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env=self._environment(), start_new_session=True,
            )  # fmt: skip
        job = self._jobs[place] = Job(f"job {place + 1}", process)
        threading.Thread(target=self._listen, args=(job, process.stderr, "said"), daemon=True).start()
        threading.Thread(target=self._listen, args=(job, process.stdout, "answer"), daemon=True).start()
        return job

    def _environment(self) -> dict[str, str]:
        """As many devices as here, so that each may go on with what another began, and threads for its share."""
        import jax

        environment = {"PJRT_NPROC": str(cores() // self.number), **os.environ}
        if "xla_force_host_platform_device_count" not in environment.get("XLA_FLAGS", ""):
            environment["JAX_NUM_CPU_DEVICES"] = str(jax.device_count("cpu"))
        return environment

    def _listen(self, job: Job, stream: Any, what: str) -> None:
        for line in stream:
            self._heard.put((job, what, line.rstrip("\n")))
        if what == "answer":
            job.process.wait()
            self._heard.put((job, "end", ""))


@contextlib.contextmanager
def _share(place: int, number: int) -> Any:
    """What is started in the body runs on its share of the cores; where the system cannot bind, on any."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    every = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, every[place * len(every) // number : (place + 1) * len(every) // number])
    try:
        yield
    finally:
        os.sched_setaffinity(0, every)


def _ended(process: "subprocess.Popen[str]") -> str:
    code = process.returncode
    if code < 0:
        return f"(process {process.pid}) was killed by {signal.Signals(-code).name}"
    return f"(process {process.pid}) ended with exit code {code}"
