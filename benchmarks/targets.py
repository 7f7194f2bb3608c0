"""What is asked of the speed, beside what was measured; the verdict is computed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks import records
from benchmarks.sections.scaling import grouped, slope
from lstm_research.results.statistics import mean_interval


@dataclass(frozen=True)
class Verdict:
    """One line of the table of targets."""

    what: str
    where: str
    asked: str
    measured: str
    reached: bool | None
    """None where it was not measured."""


def verdicts(folder: Path) -> list[Verdict]:
    """All targets, in the order of the sections."""
    return [*_steps(folder), *_loops(folder), *_sweeps(folder), *_starts(folder), *_slopes(folder)]


def ratio(rows: list[records.Row], side: str, of: str = "ours", **where: Any) -> float | None:
    """How many times as long as `of` a side takes; None where either was not measured."""
    found = {row["side"]: row["ms"] for row in rows if all(row[key] == value for key, value in where.items())}
    return found[side] / found[of] if side in found and of in found else None


def _at_least(what: str, where: str, asked: float, measured: float | None, strictly: bool = False) -> Verdict:
    if measured is None:
        return Verdict(what, where, f"{'>' if strictly else '≥'} {asked:g}x", "–", None)
    reached = measured > asked if strictly else measured >= asked
    return Verdict(what, where, f"{'>' if strictly else '≥'} {asked:g}x", f"{measured:.2f}x", reached)


def _steps(folder: Path) -> Iterator[Verdict]:
    rows = records.read(folder, "step")

    def asked(cell: str, side: str, **least: float) -> Iterator[Verdict]:
        for shape, value in least.items():
            found = ratio(rows, side, cell=cell, shape=shape)
            yield _at_least(f"{cell.upper()} step against {side}", shape, value, found)

    yield from asked("lstm", "nnx.OptimizedLSTMCell", a=1.8, c=1.8, b=1.5, f=1.5, d=1.25)
    yield from asked("lstm", "nnx.LSTMCell", **dict.fromkeys("abcdfs", 1.7))
    for side in ("keras (JAX)", "equinox", "haiku", "linen.OptimizedLSTMCell", "linen.LSTMCell"):
        found = [(value, shape) for shape in "abcdfs" if (value := ratio(rows, side, cell="lstm", shape=shape))]
        least, shape = min(found, default=(None, "all"))
        yield _at_least(f"LSTM step against {side}", f"worst: {shape}", 1.0, least, strictly=True)
    yield from asked("lstm", "torch.nn", s=1.5, f=1.0, c=0.9, a=0.75, b=0.75, d=0.75)
    yield from asked("gru", "torch.nn", a=2.0, f=5.0)
    yield from asked("rnn", "torch.nn", a=2.0, f=3.5)


def _loops(folder: Path) -> Iterator[Verdict]:
    rows = records.read(folder, "loop")
    for shape, of_torch, of_flax in (("s", 2.5, 8.0), ("f", 1.5, 2.5)):
        yield _at_least("50 updates against torch's best loop", shape, of_torch, ratio(rows, "torch.nn", shape=shape))
        found = [ratio(rows, f"nnx.jit, {kind}", shape=shape) for kind in ("OptimizedLSTMCell", "LSTMCell")]
        best = min((value for value in found if value is not None), default=None)
        yield _at_least("50 updates against nnx.jit + nnx.Optimizer", shape, of_flax, best)


def _sweeps(folder: Path) -> Iterator[Verdict]:
    rows = records.read(folder, "sweep")
    for shape, members, side, least in (
        ("s", 16, "torch.nn", 8.0), ("f", 16, "torch.nn", 2.0), ("a", 16, "one by one", 1.0),
    ):  # fmt: skip
        here = [row for row in rows if row["shape"] == shape and row["members"] == members]
        planned = next((row["side"] for row in here if row["planned"] == "True"), "")
        what = f"sweep of {members} against " + (
            "torch one after another" if side == "torch.nn" else "members one by one"
        )
        yield _at_least(what, shape, least, ratio(here, side, planned))
    found = {row["side"]: row["seconds"] for row in records.read(folder, "trials")}
    for side, least in (("one program, in turn", 2.5), ("a process each", 10.0)):
        measured = found[side] / found["sweep"] if found else None
        yield _at_least(f"256 trials in a sweep against {side}", "", least, measured)

    found = records.read(folder, "early")
    worse = [row["hyperband"] - row["grid"] for row in found]
    low, high = mean_interval(worse)
    share = fmean(row["share"] for row in found) if found else math.nan
    yield Verdict(
        "Hyperband: share of the grid's updates", "", "≤ 0.35", f"{share:.2f}" if found else "–",
        share <= 0.35 if found else None,
    )  # fmt: skip
    yield Verdict(
        "Hyperband's choice as good as the grid's: loss on fresh seeds less the grid's, 95 % interval", "",
        "reaches 0 or below", f"{fmean(worse):+.2g} [{low:+.2g}, {high:+.2g}]" if found else "–",
        low <= 0 if found else None,
    )  # fmt: skip


def _starts(folder: Path) -> Iterator[Verdict]:
    rows = records.read(folder, "start")
    for command, key, most in (
        ("run", "first_step_s", 4.0),
        ("table", "first_step_s", 4.0),
        ("--help", "whole_s", 1.0),
    ):
        here = [row for row in rows if row["command"] == command and row["cache"] != "empty"]
        what = "`--help`" if command == "--help" else f"second start of `{command}`: imports to first step"
        found = here[0][key] if here else None
        yield Verdict(what, "", f"≤ {most:g} s", "–" if found is None else f"{found:.2f} s",
                      None if found is None else found <= most)  # fmt: skip


LINEAR = 1.1
"""A slope above this is not called linear."""


def _slopes(folder: Path) -> Iterator[Verdict]:
    for (along, what), points in grouped(records.read(folder, "scaling")).items():
        found = slope(points)
        yield Verdict(f"growth of {what} against {along}", "", f"slope ≤ {LINEAR:g}", f"{found:.2f}", found <= LINEAR)
