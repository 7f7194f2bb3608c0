"""How cost grows: time of a training step against T, B and members, and memory of the backward pass against T."""

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.bench import Bench, row
from benchmarks.shapes import Shape, toy
from benchmarks.turns import Candidate

BASE = Shape(batch=16, steps=100, inputs=32, hidden=64)
ALONG: dict[str, tuple[int, ...]] = {
    "T": (50, 100, 200, 400, 800, 1600), "B": (8, 16, 32, 64, 128, 256), "members": (2, 4, 8, 16, 32, 64),
}  # fmt: skip
MEMORY = (100, 200, 400, 800, 1600, 3200)
STEPS = 2
"""Updates in a measurement along members."""
ROUNDS = 5


def run(bench: Bench) -> list[dict[str, Any]]:
    """Rows: along, at, what, its value (milliseconds or MiB)."""
    rows: list[dict[str, Any]] = []
    for along, places in ALONG.items():
        points = [_point(toy(BASE) if bench.toy else BASE, along, at) for at in places[: 2 if bench.toy else None]]
        found = bench.field.measure(points, rounds=1 if bench.toy else ROUNDS)
        units = STEPS if along == "members" else 1
        for at, one in zip(places, found, strict=False):
            rows.append({"along": along, "at": at, "what": "ms", "value": row(one, units)["ms"], **row(one, units)})
    base = toy(BASE) if bench.toy else BASE
    for engine in bench.field.ask("jax", "benchmarks.work.jax_scaling:engines", {}):
        for at in MEMORY[: 2 if bench.toy else None]:
            given = {"shape": replace(base, steps=at), "engine": engine}
            value = bench.field.ask("jax", "benchmarks.work.jax_scaling:memory", given)
            rows.append({"along": "T", "at": at, "what": f"MiB, {engine}", "value": value})
    for (along, what), points in grouped(rows).items():
        bench.tell(f"scaling {what} against {along}: slope {slope(points):.2f}")
    return rows


def grouped(rows: list[dict[str, Any]]) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """(along, what) -> points."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for one in rows:
        found.setdefault((one["along"], one["what"]), []).append((one["at"], one["value"]))
    return found


def slope(points: list[tuple[float, float]]) -> float:
    """Of a straight line through the logarithms: 1 where cost grows linearly."""
    x, y = np.log(np.array(points)).T
    return float(np.polyfit(x, y, 1)[0])


def _point(base: Shape, along: str, at: int) -> Candidate:
    if along == "members":
        given: dict[str, Any] = {"shape": base, "rates": (1e-3,) * at, "steps": STEPS, "layout": "auto"}
        return Candidate(f"{at} members", "", "jax", "benchmarks.work.jax_loop:population", given, exact=False)
    shape = replace(base, steps=at) if along == "T" else replace(base, batch=at)
    given = {"module": "ours", "kind": "", "cell": "lstm", "shape": shape, "what": "step", "devices": 1}
    return Candidate(f"{along} {at}", "", "jax", "benchmarks.work.jax_layer:layer", given, exact=False)
