"""What streams is not held: resident memory of a process that trains on a set of a gigabyte."""

import subprocess
import sys
from pathlib import Path

import pytest

MEASURED = '''
import sys, types
from pathlib import Path
import numpy as np
from lstm_research.config.load import from_dict
from lstm_research.config.traced import split
from lstm_research.data.labelled import Labelled, LabelledSet, Ragged
from lstm_research.data.mapped import pieces, release, scratch
from lstm_research.training import chunks
from lstm_research.training.layout import Layout
from lstm_research.training.population import Population


def resident():
    """MiB, pages of mapped files included."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def part(sequences, steps, channels):
    flat = scratch(Path(sys.argv[1]), (sequences * steps, channels), np.float32)
    random = np.random.default_rng(0)
    for piece in pieces(flat):
        flat[piece] = random.standard_normal((piece.stop - piece.start, channels), np.float32)
    start = np.arange(sequences, dtype=np.int64) * steps
    return Labelled(Ragged(flat, start, np.full(sequences, steps)), (np.arange(sequences) % 2).astype(np.int32))


data = LabelledSet(part(int(sys.argv[2]), 256, 16), part(64, 256, 16), part(64, 256, 16),
                   channels=tuple(f"c{k}" for k in range(16)), classes=("a", "b"))
run = from_dict({
    "task": {"kind": "classification"}, "data": {"kind": "japanese_vowels"},
    "model": {"cell": {"kind": "gru", "hidden": 16}}, "optimizer": {"kind": "adam", "learning_rate": 0.01},
    "training": {"steps": 400, "batch": 64, "eval_every": 400},
    "execution": {"data": sys.argv[3]},
})
static, scalars = split(run)
members = Population(static, [scalars], [0], run.task.build(data), Layout("map", 1, "cpu"))
size = chunks.size_of(members.training) / 2**20
peak, state = resident(), members.init()
for _ in range(40):
    state = members.train(state, 10)
    peak = max(peak, resident())
print(round(size), round(peak), float(np.asarray(state.loss.total)[0]))
'''


def measured(folder: Path, sequences: int, data: str) -> tuple[int, int, str]:
    """(MiB of the set, MiB resident at most, the loss of the last ten updates)."""
    command = [sys.executable, "-c", MEASURED, str(folder), str(sequences), data]
    size, peak, loss = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return int(size), int(peak), loss


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc")
def test_a_set_of_a_gigabyte_is_not_held(tmp_path: Path) -> None:
    """25,600 updates' worth of rows are drawn from all over it; on the device the same run takes all of it."""
    size, peak, loss = measured(tmp_path, 2**16, "stream")
    assert size > 1000
    assert peak < size
    # Memory does not grow with the set: that of one of a quarter is as much but for what is held for each sequence.
    small = measured(tmp_path, 2**14, "stream")[1]
    assert peak < small + 64
    held = measured(tmp_path, 2**16, "device")
    assert held[1] > size
    assert held[2] == loss
