"""Several processes that train one population together, as one process with as many devices does."""

import json
import os
import socket
import subprocess
import sys

import pytest

from lstm_research.cli.main import main

CONFIG = """\
task: {kind: adding, length: 6, n_valid: 32, n_test: 32}
model: {cell: {kind: gru, hidden: 6}}
optimizer: {kind: adam, learning_rate: 0.01}
training: {steps: 40, batch: 4, eval_every: 10}
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "small.yaml").write_text(CONFIG)
    (tmp_path / "configs/sweeps").mkdir(parents=True)
    (tmp_path / "configs/sweeps/halved.yaml").write_text(
        "config: small.yaml\ngrid: {optimizer.learning_rate: [0.001, 0.003, 0.01, 0.03]}\n"
        "early: {kind: halving, first: 10, factor: 2}\n"
    )
    return tmp_path


def start(where, store, words, devices, *more):
    environment = {
        **os.environ,
        "JAX_NUM_CPU_DEVICES": str(devices),
        "LSTM_RESEARCH_RUNS": str(where / store),
        "LSTM_RESEARCH_CACHE": str(where / "cache"),
    }
    command = [sys.executable, "-m", "lstm_research", *words, *more]
    return subprocess.Popen(
        command, cwd=where, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process, code=0):
    out, err = process.communicate(timeout=500)
    assert process.returncode == code, err
    # A library that connects them says so, on stdout.
    return "".join(line for line in out.splitlines(keepends=True) if not line.startswith("[Gloo]")), err


def two(where, store, *words):
    """Both processes, each with one device."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = ("--coordinator", f"127.0.0.1:{port}", "--processes", "2", "--process")
    return [start(where, store, words, 1, *shared, str(process)) for process in (1, 0)]


def results(where, store):
    """Of each run all that must be equal, and its lines of metrics."""
    found = {}
    for file in sorted((where / store).glob("*/results.jsonl")):
        rows = [json.loads(line) for line in (file.parent / "metrics.jsonl").read_text().splitlines()]
        for record in map(json.loads, file.read_text().splitlines()):
            run, _ = record["run"], (record.pop("seconds"), record.pop("population"))
            found[run] = record, [row for row in rows if row["run"] == run]
    return found


@pytest.mark.slow
def test_two_processes_are_two_devices(config):
    """The same bits, the odd run out filled up; one of them speaks and writes. A sweep in rounds goes the same way."""
    words = ("run", "small.yaml", "seeds=0:3", "--test")
    out, _ = ended(start(config, "one", words, 2))
    second, first = two(config, "two", *words)
    assert ended(first)[0] == out
    assert ended(second) == ("", ""), "it says nothing"
    assert len(results(config, "one")) == 3
    assert results(config, "two") == results(config, "one")
    assert not ended(start(config, "two", words, 2))[1].count("training"), "all is there"
    sweep = ("sweep", "halved", "--test")
    out, _ = ended(start(config, "one", sweep, 2))
    second, first = two(config, "two", *sweep)
    assert ended(first)[0] == out
    ended(second)
    assert results(config, "two") == results(config, "one")


@pytest.mark.slow
def test_one_run_divides_its_batches(config):
    """Close to the run on one device, and by `auto` the run itself: the other process has nothing to do."""
    words = ("run", "small.yaml", "training.batch=8")
    ended(start(config, "one", words, 1))
    for process in two(config, "two", *words, "execution.layout=sharded_batch"):
        ended(process)
    ((run, (one, rows)),) = results(config, "one").items()
    other, divided = results(config, "two")[run]
    assert other["valid"]["mse"] == pytest.approx(one["valid"]["mse"], rel=1e-3)
    assert [row["step"] for row in divided] == [row["step"] for row in rows]
    for process in two(config, "three", *words):
        ended(process)
    assert results(config, "three") == results(config, "one")
    for process in two(config, "four", *words, "execution.layout=map"):
        assert "execution.layout=map is for one device, and there are 2 of 2 processes" in ended(process, 5)[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--processes", "2"], "--coordinator is missing: --coordinator, --processes and --process go together"),
        (["--coordinator", "a:1", "--processes", "1", "--process", "0"], "--processes 1: allowed: a whole number >= 2"),
        (["--coordinator", "a:1", "--processes", "2", "--process", "2"], "--process 2: allowed: 0 to 1"),
        (["--coordinator", "a", "--processes", "2", "--process", "1"], "--coordinator a: allowed: HOST:PORT"),
    ],
)
@pytest.mark.parametrize("command", ["run", "sweep"])
def test_options_that_make_no_sense_are_refused(config, monkeypatch, capsys, command, words, said):
    monkeypatch.chdir(config)
    assert main([command, "small.yaml" if command == "run" else "halved", *words]) == 2
    assert said in capsys.readouterr().err
