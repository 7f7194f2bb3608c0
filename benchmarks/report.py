"""The page: every table of docs/speed.md again, from the committed numbers, and the figure beside it.

A table stands between `<!-- begin NAME -->` and `<!-- end NAME -->`; what stands outside is written by hand.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import records
from benchmarks.figure import svg
from benchmarks.shapes import SHAPES
from benchmarks.targets import verdicts

PAGE = Path(__file__).parents[1] / "docs" / "speed.md"


def write(folder: Path, docs: Path) -> None:
    """Fill the tables of the page with the numbers in `folder`; page and figure go to `docs`."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in tables(folder).items():
        pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        text, count = pattern.subn(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)
        if count != 1:
            raise ValueError(f"{PAGE.name}: {count} places for {name}, expected 1")
    docs.mkdir(parents=True, exist_ok=True)
    (docs / PAGE.name).write_text(text, encoding="utf-8")
    (docs / "speed.svg").write_text(svg(records.read(folder, "scaling")), encoding="utf-8")


def tables(folder: Path) -> dict[str, str]:
    """Every block of the page by its name."""
    return {
        "machine": _machine(folder),
        "targets": _targets(folder),
        "step": _layers(folder, "step"),
        "inference": _layers(folder, "inference"),
        "loop": _loop(folder),
        "sweep": _sweep(folder),
        "trials": _trials(folder),
        "early": _early(folder),
        "stream": _stream(folder),
        "start": _start(folder),
        "tried": _tried(folder),
        "moved": moved(folder),
        "gpu": _gpu(folder / "gpu"),
    }


def markdown(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; a word where there is no row."""
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    if not lines:
        return "Not measured yet."
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *lines])


def _machine(folder: Path) -> str:
    rows = records.read(folder, "machine")
    table = markdown(
        ["section", "date", "commit", "minutes", "load before", "after", "peak, GFLOP/s"],
        [[r["section"], r["date"], r["commit"], f"{r['minutes']:.1f}", f"{r['load_before']:.1f}",
          f"{r['load_after']:.1f}", f"{r['peak_gflops']:.0f}"] for r in rows],
    )  # fmt: skip
    about = {
        f"{r['cores']:.0f} cores, {r['processor']}, {r['system']}; Python {r['python']}; {r['versions']}; "
        f"freed memory: {r['malloc']}."
        for r in rows
    }
    return "\n\n".join([*sorted(about), table])


def _targets(folder: Path) -> str:
    words = {True: "reached", False: "**not reached**", None: "not measured"}
    found = verdicts(folder)
    counts = f"{sum(v.reached is True for v in found)} of {len(found)} reached."
    rows = [[v.what, v.where, v.asked, v.measured, words[v.reached]] for v in found]
    return counts + "\n\n" + markdown(["target", "at", "asked", "measured", "verdict"], rows)


def _layers(folder: Path, section: str) -> str:
    rows = records.read(folder, section)
    peaks = [r["peak_gflops"] for r in records.read(folder, "machine") if r["section"] == section]
    blocks = []
    for cell in dict.fromkeys(row["cell"] for row in rows):
        mine = [row for row in rows if row["cell"] == cell]
        sides = [side for side in dict.fromkeys(row["side"] for row in mine) if side != "ours"]
        lines = []
        for shape in dict.fromkeys(row["shape"] for row in mine):
            here = {row["side"]: row for row in mine if row["shape"] == shape}
            own = here["ours"]
            part = f"{100 * own['gflops'] / peaks[0]:.0f} %" if peaks else "–"
            ratios = [f"{here[side]['ms'] / own['ms']:.2f}" if side in here else "–" for side in sides]
            lines.append([f"{shape}: {SHAPES[shape]}", _spread(own), own["variant"], part, *ratios])
        head = [cell.upper(), "ours, ms", "on", "of peak", *sides]
        blocks.append(markdown(head, lines))
    return "\n\n".join(blocks) or markdown([], [])


def _spread(row: records.Row) -> str:
    return f"{row['ms']:.3g} [{row['q1']:.3g}, {row['q3']:.3g}]"


def _loop(folder: Path) -> str:
    rows = records.read(folder, "loop")
    own = {row["shape"]: row["ms"] for row in rows if row["side"] == "ours"}
    head = ["shape", "side", "its fastest way", "ms [quartiles]", "ours is", "first call longer by, s"]
    return markdown(head, [
        [r["shape"], r["side"], r["variant"], _spread(r), f"{r['ms'] / own[r['shape']]:.2f}x", f"{r['compile_s']:.1f}"]
        for r in rows
    ])  # fmt: skip


def _sweep(folder: Path) -> str:
    rows = records.read(folder, "sweep")
    lines = []
    for row in rows:
        here = [one for one in rows if (one["shape"], one["members"]) == (row["shape"], row["members"])]
        planned = next((one["ms"] for one in here if one["planned"] == "True"), None)
        side = row["side"] + (" **(planned)**" if row["planned"] == "True" else "")
        faster = f"{row['ms'] / planned:.2f}x" if planned else "–"
        lines.append([row["shape"], f"{row['members']:.0f}", side, _spread(row), faster])
    return markdown(["shape", "settings", "side", "ms per setting, 50 updates", "the planned layout is"], lines)


def _trials(folder: Path) -> str:
    rows = records.read(folder, "trials")
    return markdown(["side", "trials", "seconds for all [quartiles]", "the sweep is", "programs compiled"], [
        [r["side"], f"{r['trials']:.0f}", f"{r['seconds']:.1f} [{r['q1']:.1f}, {r['q3']:.1f}]",
         f"{r['seconds'] / rows[0]['seconds']:.2f}x", f"{r['programs']:.0f}"]
        for r in rows
    ])  # fmt: skip


def _early(folder: Path) -> str:
    head = ["repetition", "share of the grid's updates", "loss of the grid's choice", "of Hyperband's", "the same one"]
    return markdown(head, [
        [f"{r['repetition']:.0f}", f"{r['share']:.2f}", f"{r['grid']:.3g}", f"{r['hyperband']:.3g}",
         "yes" if r["same"] == "True" else "no"]
        for r in records.read(folder, "early")
    ])  # fmt: skip


def _stream(folder: Path) -> str:
    rows = records.read(folder, "stream")
    return markdown(["side", "µs per step [quartiles]", "ours is"], [
        [f"{r['side']} {r['variant']}".strip(),
         f"{1000 * r['ms']:.0f} [{1000 * r['q1']:.0f}, {1000 * r['q3']:.0f}]", f"{r['ms'] / rows[0]['ms']:.2f}x"]
        for r in rows
    ])  # fmt: skip


def _start(folder: Path) -> str:
    def seconds(value: Any) -> str:
        return f"{value:.2f}" if isinstance(value, float) else "–"

    return markdown(["command", "compilation cache", "imports, s", "then to the first step, s", "in all, s"], [
        [f"`lstm-research {r['command']}`", r["cache"] or "–", *(seconds(r[key]) for key in
         ("imports_s", "first_step_s", "whole_s"))]
        for r in records.read(folder, "start")
    ])  # fmt: skip


def _tried(folder: Path) -> str:
    rows = records.read(folder, "tried")
    first: dict[tuple[Any, Any], float] = {}
    lines = []
    for r in rows:
        taken = first.setdefault((r["what"], r["shape"]), r["ms"])
        at = f"{r['shape']}: {SHAPES[r['shape']]}" if r["shape"] in SHAPES else str(r["shape"])
        lines.append([r["what"], at, r["side"], _spread(r), f"{r['ms'] / taken:.2f}"])
    return markdown(["what", "at", "form", "ms [quartiles]", "times as long as what is taken"], lines)


def moved(folder: Path) -> str:
    """How far the ratios of the last run are from those of the run before it."""
    lines = []
    for section in ("step", "inference", "loop", "sweep", "stream"):
        now, before = (_ratios(records.read(place, section)) for place in (folder, folder / "previous"))
        both = [max(now[key] / before[key], before[key] / now[key]) - 1 for key in now.keys() & before.keys()]
        if both:
            middle, most = float(np.median(both)), max(both)
            lines.append([section, len(both), f"{100 * middle:.0f} %", f"{100 * most:.0f} %"])
    return markdown(["section", "ratios", "moved by, median", "at most"], lines)


def _ratios(rows: list[records.Row]) -> dict[tuple[Any, ...], float]:
    """Every side's time over that of the first side of its table."""
    found: dict[tuple[Any, ...], float] = {}
    first: dict[tuple[Any, ...], float] = {}
    for row in rows:
        where = tuple(row.get(key) for key in ("cell", "shape", "members"))
        if where not in first:
            first[where] = row["ms"]
        else:
            found[*where, row["side"]] = row["ms"] / first[where]
    return found


def _gpu(folder: Path) -> str:
    if not records.read(folder, "step"):
        return "No numbers of a CUDA machine have been committed yet."
    parts = [_machine(folder), _layers(folder, "step"), _layers(folder, "inference"), _loop(folder), _sweep(folder)]
    return "\n\n".join(parts)
