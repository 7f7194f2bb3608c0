"""What is shown while populations train: a table on a terminal, otherwise a line now and then. All on stderr."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lstm_research.launch.plan import Group, Plan
from lstm_research.launch.watch import Watch
from lstm_research.results.selection import best_index, score

QUIET_SECONDS = 10.0
"""Least time between two plain lines about one population."""
WAITING = 3
"""Populations that wait, and ones that ended, which the table names; the others it counts."""


@contextlib.contextmanager
def watching(stop: Callable[[], bool]) -> Iterator[Watch]:
    """A watch that shows progress until the body ends."""
    if not sys.stderr.isatty():
        lines = Lines()
        yield Watch(say=lines.say, progress=lines.progress, stop=stop)
        return
    with board() as shown:
        yield Watch(say=shown.say, asked=shown.asked, planned=shown.planned, progress=shown.progress, stop=stop)


class Pace:
    """How fast each population goes."""

    def __init__(self) -> None:
        self._began: dict[str, tuple[float, int]] = {}

    def left(self, group: Group, state: Any) -> float | None:
        """Seconds to the end of a population at most; None where nothing was seen of it yet."""
        now = time.monotonic()
        began, first = self._began.setdefault(group.name, (now, state.step))
        done = state.step - first
        return (now - began) / done * (state.steps - state.step) if done else None


class Lines:
    """Plain lines, for files and pipes."""

    def __init__(self) -> None:
        self._pace = Pace()
        self._last: dict[str, float] = {}

    def say(self, line: str) -> None:
        """One line, at once."""
        print(line, file=sys.stderr, flush=True)

    def progress(self, group: Group, state: Any) -> None:
        """One line, unless there was one about this population a moment ago."""
        now = time.monotonic()
        left = self._pace.left(group, state)
        if now - self._last.setdefault(group.name, now) < QUIET_SECONDS:
            return
        self._last[group.name] = now
        shown = "" if left is None else f", at most {duration(left)} left"
        self.say(f"{group.name}: {told(state)}, {state.active} of {len(group.runs)} training{shown}")


def told(state: Any) -> str:
    """`step 500/3000, loss 0.123, best mse 0.01`."""
    best = "–" if state.best is None else f"{state.best:.4g}"
    return f"step {state.step:,}/{state.steps:,}, loss {state.loss:.4g}, best {state.metric} {best}"


@dataclass
class Board:
    """A row for each population, and a line for all of them, through `rich`."""

    live: Any
    _pace: Pace = field(default_factory=Pace)
    _compared: dict[str, str] = field(default_factory=dict)
    """Run -> what is compared."""
    _groups: dict[str, Group] = field(default_factory=dict)
    _states: dict[str, Any] = field(default_factory=dict)
    _left: dict[str, float | None] = field(default_factory=dict)
    _best: dict[str, float] = field(default_factory=dict)
    """What is compared -> the best validation value of any run."""
    _speed: tuple[float, float] = (0.0, 0.0)
    """Seconds, and updates of members in them."""
    _seen: float = 0.0

    def say(self, line: str) -> None:
        """A line above the table."""
        self.live.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def asked(self, compared: Mapping[str, str]) -> None:
        """What each run of a sweep is of."""
        self._compared |= compared

    def planned(self, plan: Plan) -> None:
        """Populations to be made; what is finished counts for the best."""
        for record in plan.finished.values():
            self._better(record.run, score(record, record.select), record.higher_is_better)
        self._groups |= {group.name: group for group in plan.groups}
        self._seen = time.monotonic()
        self.live.refresh()

    def progress(self, group: Group, state: Any) -> None:
        """Move the population's row."""
        self._groups.setdefault(group.name, group)
        before, now = self._states.get(group.name), time.monotonic()
        if before is not None:
            seconds, updates = self._speed
            self._speed = seconds + now - self._seen, updates + (state.step - before.step) * len(group.runs)
        self._seen = now
        self._states[group.name] = state
        self._left[group.name] = self._pace.left(group, state)
        for run, value in zip(group.runs, state.values, strict=True):
            self._better(run.id, value, state.higher_is_better)
        if self._over(group.name):
            self.live.refresh()

    def _better(self, run: str, value: float | None, higher: bool) -> None:
        name = self._compared.get(run, "")
        held = [self._best.get(name), value]
        index = best_index(held, higher)
        if index is not None and (found := held[index]) is not None:
            self._best[name] = found

    def _over(self, name: str) -> bool:
        state = self._states.get(name)
        return state is not None and (state.active == 0 or state.step >= state.steps)

    def __rich__(self) -> Any:
        """The table as it is now."""
        from rich.console import Group as Together
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold", collapse_padding=True)
        table.add_column("population", no_wrap=True, overflow="ellipsis", min_width=16)
        for name in ("runs", "", "steps", "active", "loss", "best", "left"):
            table.add_column(name, justify="left" if name in ("", "best") else "right", no_wrap=True)
        ended = [name for name in self._groups if self._over(name)]
        active = [name for name in self._groups if name in self._states and not self._over(name)]
        waiting = [name for name in self._groups if name not in self._states]
        for name in (*ended[-WAITING:], *active, *waiting[:WAITING]):
            state, runs = self._states.get(name), str(len(self._groups[name].runs))
            if state is None:
                table.add_row(Text(name), runs, "", "", "", "", "", "waits")
                continue
            step = state.steps if self._over(name) else state.step
            best = "–" if state.best is None else f"{state.metric} {state.best:.4g}"
            left = "done" if self._over(name) else "" if self._left[name] is None else duration(self._left[name] or 0)
            bar = ProgressBar(total=state.steps, completed=step, width=12)
            table.add_row(Text(name), runs, bar, f"{step:,}/{state.steps:,}", str(state.active), f"{state.loss:.4g}",
                          Text(best), left)  # fmt: skip
        if len(self._groups) < 2:
            return table if self._groups else Text("")
        return Together(table, Text(self._whole(ended, active, waiting), overflow="fold"))

    def _whole(self, ended: list[str], active: list[str], waiting: list[str]) -> str:
        """`3 of 9 populations done, 5 wait, about 4 min left; best nll: rnn 9.7, gru 9.2`."""
        parts = [f"{len(ended)} of {len(self._groups)} populations done"]
        if waiting:
            parts.append(f"{len(waiting)} wait")
        seconds, updates = self._speed
        if updates and (active or waiting):
            left = sum(self._left[name] or 0.0 for name in active)
            # As if members of others went as fast as those seen, and to the end.
            for name in waiting:
                group = self._groups[name]
                training = group.runs[0].config.training
                left += seconds / updates * len(group.runs) * (training.stop or training.steps)
            parts.append(f"about {duration(left)} left")
        if not self._best:
            return ", ".join(parts)
        metric = next((state.metric for state in self._states.values()), "")
        keys = {name.partition("=")[0] for name in self._best}
        each = ((name.partition("=")[2] if len(keys) == 1 else name, value) for name, value in self._best.items())
        return (
            ", ".join(parts) + f"; best {metric}: " + ", ".join(f"{name} {value:.4g}".strip() for name, value in each)
        )


@contextlib.contextmanager
def board() -> Iterator[Board]:
    """The table on stderr for the time of the body."""
    from rich.console import Console
    from rich.live import Live

    shown = Board(None)
    live = Live(
        get_renderable=shown.__rich__, console=Console(stderr=True), refresh_per_second=4, redirect_stdout=False
    )
    shown.live = live
    with live:
        yield shown


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3.4 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
