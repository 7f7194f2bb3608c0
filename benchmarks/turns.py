"""Sides taking turns: each in a process of its kind, one at a time, in random order, warm.

torch and JAX do not share a process: each has a thread pool of its own, and torch's threads go on spinning for a moment
after a call. A side that waits for its turn sleeps on a pipe, so that whoever's turn it is has both cores.
"""

import multiprocessing
import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.compare import compare
from lstm_research.launch import runtime

LONG = 0.25
"""Seconds from which on a run is timed without another one before it."""
FEWEST, ENOUGH = 5, 20.0
"""No further rounds after this many, once they took this many seconds."""


@dataclass
class Ready:
    """A side, built: what it does, and what came of doing it."""

    run: Callable[[], Any]
    """Does the work once, and returns when it is done."""
    values: Callable[[Any], dict[str, np.ndarray]]
    """What `run` returned the first time, in names that all sides share."""


@dataclass(frozen=True)
class Candidate:
    """One way in which one side may do the work."""

    side: str
    variant: str
    """What of its choices this is; the fastest variant of a side stands for it."""
    process: str
    """The kind of process: "jax" or "torch"."""
    build: str
    """`module:function` of what makes it `Ready`, and its arguments."""
    arguments: dict[str, Any] = field(default_factory=dict)
    exact: bool = True
    """Whether its values are comparable with those of the first candidate."""


@dataclass(frozen=True)
class Measured:
    """Seconds of one unit of work, of the fastest variant of a side."""

    side: str
    variant: str
    median: float
    lower: float
    """First quartile."""
    upper: float
    """Third quartile."""
    first_call: float
    """What the first call took longer than the second: compilation."""
    rounds: int


class Worker:
    """What a process does for the others: builds sides, runs them for a while, forgets them. Usable without a process,
    in which case all sides share the caller's.
    """

    def __init__(self) -> None:
        self._sides: dict[int, Ready] = {}

    def build(self, key: int, build: str, arguments: dict[str, Any]) -> tuple[dict[str, np.ndarray], float]:
        """Make a side; its values, and by how much the first call was longer than the second."""
        side = self._sides[key] = self.ask(build, arguments)
        began = time.perf_counter()
        result = side.run()
        middle = time.perf_counter()
        # Copies: torch's arrays are views of parameters that the next run trains further.
        values = {name: np.array(value) for name, value in side.values(result).items()}
        del result
        again = time.perf_counter()
        side.run()
        return values, max(middle - began - (time.perf_counter() - again), 0.0)

    def time(self, key: int, least: float) -> float:
        """Seconds of one run: warmed up by one, then as many as `least` seconds take. A long one warms itself up."""
        run = self._sides[key].run
        began, count = time.perf_counter(), 0
        run()
        if (took := time.perf_counter() - began) > LONG:
            return took
        began = time.perf_counter()
        while not count or time.perf_counter() - began < least:
            run()
            count += 1
        return (time.perf_counter() - began) / count

    def ask(self, function: str, arguments: dict[str, Any]) -> Any:
        """Call `module:function`."""
        module, _, name = function.partition(":")
        return getattr(import_module(module), name)(**arguments)

    def forget(self) -> None:
        """Let go of all sides."""
        self._sides.clear()


class Process:
    """A `Worker` in a process of its own."""

    def __init__(self, kind: str, device: str):
        self._ours, theirs = multiprocessing.get_context("spawn").Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(kind, device, theirs), daemon=True
        )
        self._process.start()
        theirs.close()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self._ours.send((name, arguments))
            done, result = self._ours.recv()
            if not done:
                raise RuntimeError(result)
            return result

        return call

    def stop(self) -> None:
        """End the process."""
        self._ours.send(None)
        self._process.join()


def _serve(kind: str, device: str, pipe: Any) -> None:
    runtime.keep_memory()  # before torch or JAX allocates: both sides get it
    if kind == "jax":
        os.environ["JAX_NUM_CPU_DEVICES"] = str(runtime.cores())
        os.environ["JAX_PLATFORMS"] = device
        os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # torch's process needs memory of the GPU too
        os.environ["JAX_DEFAULT_MATMUL_PRECISION"] = "float32"
    elif device == "cuda":
        import torch

        torch.backends.cudnn.allow_tf32 = False  # float32 on both sides, or values could not be compared
    worker = Worker()
    while (asked := pipe.recv()) is not None:
        name, arguments = asked
        try:
            pipe.send((True, getattr(worker, name)(*arguments)))
        except Exception as error:
            import traceback

            pipe.send((False, f"{error}\n{traceback.format_exc()}"))


class Field:
    """Where sides meet.

    Args:
      tell: is told what is going on.
      rounds: how often each side has its turn.
      least: seconds that a turn lasts at least.
      together: all sides in this process, for tests.
      device: "cpu" or "cuda".
    """

    def __init__(
        self,
        tell: Callable[[str], None],
        rounds: int,
        least: float = 0.05,
        together: bool = False,
        device: str = "cpu",
    ):
        self.tell, self.rounds, self.least, self.together, self.device = tell, rounds, least, together, device
        self._processes: dict[str, Any] = {}
        self._random = random.Random(0)

    def __enter__(self) -> "Field":
        return self

    def __exit__(self, *_: Any) -> None:
        for process in self._processes.values():
            if isinstance(process, Process):
                process.stop()

    def _process(self, kind: str) -> Any:
        if kind not in self._processes:
            self._processes[kind] = Worker() if self.together else Process(kind, self.device)
        return self._processes[kind]

    def ask(self, kind: str, function: str, arguments: dict[str, Any]) -> Any:
        """What `module:function` answers in a process of this kind."""
        return self._process(kind).ask(function, arguments)

    def measure(self, candidates: Sequence[Candidate], rounds: int | None = None) -> list[Measured]:
        """Compare values, choose the fastest variant of each side, then time the sides in turn.

        Raises Disagreement, before anything is timed, where a side does not compute what the first one does.

        Args:
          candidates: the first one gives the values to compare with.
          rounds: other than the usual number.
        """
        expected: dict[str, np.ndarray] | None = None
        first_calls = []
        for key, one in enumerate(candidates):
            values, first = self._process(one.process).build(key, one.build, one.arguments)
            if one.exact:
                expected = values if expected is None else expected
                compare(f"{one.side} ({one.variant})", values, expected)
            first_calls.append(first)
        keys = self._fastest(candidates)
        found: dict[int, list[float]] = {key: [] for key in keys}
        began = time.monotonic()
        for number in range(rounds or self.rounds):
            if number >= FEWEST and time.monotonic() - began > ENOUGH:
                break
            for key in self._random.sample(keys, len(keys)):
                found[key].append(self._time(candidates, key))
        for process in self._processes.values():
            process.forget()
        results = []
        for key, times in found.items():
            lower, median, upper = np.quantile(times, [0.25, 0.5, 0.75])
            one = candidates[key]
            results.append(
                Measured(one.side, one.variant, float(median), float(lower), float(upper), first_calls[key], len(times))
            )
        return results

    def _fastest(self, candidates: Sequence[Candidate]) -> list[int]:
        """The fastest variant of each side, by the lesser of two tries each."""
        best: dict[str, tuple[float, int]] = {}
        order = list(range(len(candidates)))
        tries: dict[int, list[float]] = {key: [] for key in order}
        alone = {one.side for one in candidates if sum(other.side == one.side for other in candidates) == 1}
        for _ in range(2):
            for key in self._random.sample(order, len(order)):
                if candidates[key].side not in alone:
                    tries[key].append(self._time(candidates, key))
        for key, one in enumerate(candidates):
            took = min(tries[key], default=0.0)
            best[one.side] = min(best.get(one.side, (took, key)), (took, key))
        return [key for _, key in best.values()]

    def _time(self, candidates: Sequence[Candidate], key: int) -> float:
        return float(self._process(candidates[key].process).time(key, self.least))
