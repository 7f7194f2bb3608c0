"""Streaming: one step of an LSTM of 256 units for one sequence, a call from Python for each."""

from importlib.util import find_spec
from typing import Any

from benchmarks.bench import Bench, many, row
from benchmarks.shapes import Shape, toy
from benchmarks.turns import Candidate

SHAPE = Shape(batch=1, steps=1, inputs=256, hidden=256)
CALLS = 200


def run(bench: Bench) -> list[dict[str, Any]]:
    """Rows: side; milliseconds of a step."""
    shape = toy(SHAPE) if bench.toy else SHAPE
    calls = 5 if bench.toy else CALLS
    common = {"shape": shape, "steps": calls}
    candidates = [
        Candidate(name, "", "jax", "benchmarks.work.jax_stream:stream", common | {"kind": kind})
        for name, kind in [("ours", ""), ("nnx.OptimizedLSTMCell", "OptimizedLSTMCell"), ("nnx.LSTMCell", "LSTMCell")]
    ]
    if find_spec("torch") is not None:
        candidates += [
            Candidate(f"torch.nn.{name}", many(threads, "thread"), "torch", "benchmarks.work.torch_stream:stream",
                      common | {"kind": kind, "threads": threads})
            for name, kind in [("LSTM", "layer"), ("LSTMCell", "cell")] for threads in bench.devices
        ]  # fmt: skip
    rows = [row(one, calls) for one in bench.field.measure(candidates)]
    bench.tell("stream: " + ", ".join(f"{one['side']} {1000 * one['ms']:.0f} us" for one in rows))
    return rows
