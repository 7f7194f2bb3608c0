"""What was tried and is not taken, beside what is: so that a new version of XLA can be asked again."""

from dataclasses import replace
from typing import Any

from benchmarks.bench import Bench, row
from benchmarks.shapes import Shape, toy
from benchmarks.turns import Candidate

ROUNDS = 7
LINEAR = Shape(batch=16, steps=0, inputs=16, hidden=64)
"""Sizes at which engines for linear recurrences are compared, over these lengths."""
LENGTHS = (30, 1000, 10_000)
CHUNKS = 5


def run(bench: Bench) -> list[dict[str, Any]]:
    """Rows: what, shape, side."""
    rows: list[dict[str, Any]] = []
    build = "benchmarks.work.jax_tried:"

    def measure(what: str, name: str, candidates: list[Candidate]) -> None:
        found = bench.field.measure(candidates, rounds=1 if bench.toy else ROUNDS)
        rows.extend({"what": what, "shape": name, **row(one)} for one in found)
        ratios = ", ".join(f"{one.side} {one.median / found[0].median:.2f}" for one in found)
        bench.tell(f"tried {what} {name}: {ratios}")

    for name in "abdfs":
        shape = bench.shape(name)
        forms = ("h @ R", "h @ R, R transposed in memory", "R' @ h")
        given = [Candidate(one, "", "jax", f"{build}product", {"form": one, "shape": shape}) for one in forms]
        measure("recurrent product", name, given)
    for name in "adfs":
        shape = bench.shape(name)
        forms = ("by hand", "after the scan")
        given = [Candidate(one, "", "jax", f"{build}tape", {"form": one, "shape": shape}) for one in forms]
        measure("tape", name, [_ours(shape, 1), *given])
    for name in "abf":
        shape = bench.shape(name)
        given = [
            Candidate(one, "", "jax", f"{build}gradient", {"form": one, "shape": shape})
            for one in ("turned", "as it stands")
        ]
        measure("gradient of W", name, given)
    for steps in LENGTHS:
        shape = replace(toy(LINEAR) if bench.toy else LINEAR, steps=5 if bench.toy else steps)
        given = [
            Candidate(engine, "", "jax", f"{build}linear", {"engine": engine, "shape": shape})
            for engine in ("fused", "reference", "associative")
        ]
        measure("minGRU", f"T {steps}", given)
    if max(bench.devices) > 1:
        shape = bench.shape("b")
        sides = [_ours(shape, devices) for devices in bench.devices]
        given = {"shape": shape, "chunks": 1 if bench.toy else CHUNKS}
        measure(
            "two layers at once", "b", [*sides, Candidate("a layer a device", "", "jax", f"{build}wavefront", given)]
        )
    return rows


def _ours(shape: Any, devices: int) -> Candidate:
    given = {"module": "ours", "kind": "", "cell": "lstm", "shape": shape, "what": "step", "devices": devices}
    side = "ours" if devices == 1 else f"ours, batch over {devices} devices"
    return Candidate(side, "", "jax", "benchmarks.work.jax_layer:layer", given)
