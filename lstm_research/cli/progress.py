"""What is shown while populations train: bars on a terminal, otherwise a line now and then. All on stderr."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from lstm_research.launch.plan import Group
from lstm_research.launch.watch import Watch

QUIET_SECONDS = 10.0
"""Least time between two plain lines about one population."""


@contextlib.contextmanager
def watching(stop: Callable[[], bool]) -> Iterator[Watch]:
    """A watch that shows progress until the body ends."""
    if not sys.stderr.isatty():
        lines = Lines()
        yield Watch(say=lines.say, progress=lines.progress, stop=stop)
        return
    with bars() as shown:
        yield Watch(say=shown.say, progress=shown.progress, stop=stop)


class Lines:
    """Plain lines, for files and pipes."""

    def __init__(self) -> None:
        self._began: dict[str, tuple[float, int]] = {}
        self._last: dict[str, float] = {}

    def say(self, line: str) -> None:
        """One line, at once."""
        print(line, file=sys.stderr, flush=True)

    def progress(self, group: Group, state: Any) -> None:
        """One line, unless there was one about this population a moment ago."""
        now = time.monotonic()
        began, first = self._began.setdefault(group.name, (now, state.step))
        if now - self._last.setdefault(group.name, now) < QUIET_SECONDS:
            return
        self._last[group.name] = now
        done = state.step - first
        left = (now - began) / done * (state.steps - state.step) if done else None
        shown = "" if left is None else f", at most {duration(left)} left"
        self.say(f"{group.name}: {told(state)}, {state.active} of {len(group.runs)} training{shown}")


def told(state: Any) -> str:
    """`step 500/3000, loss 0.123, best mse 0.01`."""
    best = "–" if state.best is None else f"{state.best:.4g}"
    return f"step {state.step:,}/{state.steps:,}, loss {state.loss:.4g}, best {state.metric} {best}"


class Bars:
    """A bar per population, through `rich`."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._tasks: dict[str, Any] = {}

    def say(self, line: str) -> None:
        """A line above the bars."""
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def progress(self, group: Group, state: Any) -> None:
        """Move the population's bar."""
        if group.name not in self._tasks:
            self._tasks[group.name] = self._progress.add_task(group.name, total=state.steps, note="")
        note = f"loss {state.loss:.4g} best {state.metric} " + ("–" if state.best is None else f"{state.best:.4g}")
        over = state.active == 0
        self._progress.update(
            self._tasks[group.name], completed=state.steps if over else state.step, note=note, refresh=over
        )


@contextlib.contextmanager
def bars() -> Iterator[Bars]:
    """Bars on stderr for the time of the body."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=4, redirect_stdout=False) as progress:
        yield Bars(progress)


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3.4 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
