"""h at every step, no gradient; LSTM, GRU and RNN."""

from typing import Any

from benchmarks.bench import Bench
from benchmarks.sections.step import layers


def run(bench: Bench) -> list[dict[str, Any]]:
    """Rows: cell, shape, side."""
    return layers(bench, "inference")
