"""A training step: forward, backward, the gradients of all weights and of the input; LSTM, GRU and RNN."""

from typing import Any

from benchmarks.bench import Bench, many, row, told
from benchmarks.peers import Side, installed
from benchmarks.shapes import Shape
from benchmarks.turns import Candidate

CASES = {
    "cpu": {"lstm": "abcdfs", "gru": "abdfs", "rnn": "abdfs"},
    "cuda": {"lstm": "abcdfs", "gru": "af", "rnn": "af"},
}


def run(bench: Bench) -> list[dict[str, Any]]:
    """Rows: cell, shape, side."""
    return layers(bench, "step")


def layers(bench: Bench, what: str) -> list[dict[str, Any]]:
    """Every cell at every shape: a training "step", or "inference"."""
    rows = []
    for cell, names in CASES[bench.platform].items():
        here = installed(cell, bench.platform, bench.tell)
        for name in names:
            shape = bench.shape(name)
            flops = shape.flops(cell, training=what == "step")
            found = bench.field.measure([one for side in here for one in candidates(bench, side, cell, shape, what)])
            rows += [{"cell": cell, "shape": name, **row(one), "gflops": flops / one.median / 1e9} for one in found]
            fastest = {one.side: one.median for one in found}
            ratios = ", ".join(f"{side} {ms / fastest['ours']:.2f}" for side, ms in fastest.items())
            bench.tell(f"{what} {cell} {name}: ours {1000 * fastest['ours']:.3f} ms ({found[0].variant}); {ratios}")
    return rows


def candidates(bench: Bench, side: Side, cell: str, shape: Shape, what: str) -> list[Candidate]:
    """The ways in which a side may do it."""
    common = {"cell": cell, "shape": shape, "what": what}
    if side.module == "torch_nn":
        build = "benchmarks.work.torch_layer:layer"
        return [Candidate(side.name, told(one), "torch", build, common | one) for one in bench.threads]
    build = "benchmarks.work.jax_layer:layer"
    if side.module == "ours" and shape.words:
        build = "benchmarks.work.jax_layer:model"
    else:
        common |= {"module": side.module, "kind": side.kind}
    return [
        Candidate(side.name, many(devices, "device"), "jax", build, common | {"devices": devices})
        for devices in bench.devices
    ]
