"""50 updates of Adam: an LSTM with an affine head, on stored batches."""

from importlib.util import find_spec
from typing import Any

from benchmarks.bench import Bench, row, told
from benchmarks.turns import Candidate

SHAPES = "sf"
STEPS = 50
RATE = 1e-3


def run(bench: Bench) -> list[dict[str, Any]]:
    """Rows: shape, side; milliseconds of all the updates."""
    rows = []
    for name in SHAPES:
        shape = bench.shape(name)
        common = {"shape": shape, "rate": RATE, "steps": STEPS}
        build = "benchmarks.work.jax_loop:"
        candidates = [
            Candidate("ours", "Population", "jax", f"{build}population",
                      {"shape": shape, "rates": (RATE,), "steps": STEPS, "layout": "auto"}),
            Candidate("ours, jit per step", "", "jax", f"{build}jit_per_step", common),
        ]  # fmt: skip
        for kind in ("OptimizedLSTMCell", "LSTMCell"):
            candidates.append(
                Candidate(f"nnx.jit, {kind}", "", "jax", f"{build}flax_per_step", common | {"kind": kind})
            )
        candidates += torch_loops(bench, common)
        found = bench.field.measure(candidates)
        rows += [{"shape": name, "steps": STEPS, **row(one)} for one in found]
        ratios = ", ".join(f"{one.side} {one.median / found[0].median:.2f}" for one in found)
        bench.tell(f"loop {name}: ours {1000 * found[0].median:.2f} ms; {ratios}")
    return rows


def torch_loops(bench: Bench, common: dict[str, Any]) -> list[Candidate]:
    """The ways in which torch may do it."""
    if find_spec("torch") is None:
        return []
    return [
        Candidate(
            "torch.nn", f"{told(one)}, {'fused' if fused else 'foreach'} Adam", "torch",
            "benchmarks.work.torch_loop:loop", common | one | {"fused": fused},
        )
        for one in bench.threads for fused in (True, False)
    ]  # fmt: skip
