"""A sweep on a Ray cluster of two workers on this machine: the same as here, whoever is killed."""

import contextlib
import os
import re
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from lstm_research.launch.memo import source_digest
from lstm_research.launch.on_ray import Token
from lstm_research.results.lock import population_lock
from lstm_research.results.store import Store

ROOT = Path(__file__).parents[2]

SWEEP = """\
config: small
grid: {model.cell.hidden: [3, 4]}
overrides: [training.steps=300, training.eval_every=20, execution.checkpoint_minutes=0.0001, execution.layout=map]
"""


@pytest.fixture
def swept(lab):
    (lab / "configs/sweeps/s.yaml").write_text(SWEEP)
    return lab


@pytest.fixture
def cluster(monkeypatch):
    """The address of two workers of a core each."""
    pytest.importorskip("ray", reason="the extra `ray` is not installed (make ray)")
    for name, value in {"PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}.items():
        monkeypatch.setenv(name, value)
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        made.add_node(num_cpus=1)
        yield made.address
    finally:
        made.shutdown()


def held(root, process, before=()):
    """The worker that trains, none of those before, once there are metrics."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        for path in root.glob("*/metrics.jsonl"):
            found = re.search(r'"pid": (\d+)', path.with_name("population.lock").read_text())
            if found and int(found[1]) not in before:
                return int(found[1])
        time.sleep(0.02)
    pytest.fail(f"never trained: {process.communicate(timeout=10)}")


def made(root):
    """What must not depend on who made it."""
    return sorted((one.run, one.steps, one.best_step, tuple(one.valid.items())) for one in Store(root).records())


@pytest.mark.slow
def test_a_sweep_on_ray_is_the_one_made_here_whoever_is_killed(swept, cluster, call, start):
    """Fails where a run is lost, doubled or changed, and where a dead worker's or driver's lock stays."""
    code, board, err = call("sweep", "s", "--runs-dir", "whole")
    assert code == 0, err
    wanted = made(swept / "whole")

    def on_ray(name):
        return start("sweep", "s", "--on", "ray", "--address", cluster, "--runs-dir", str(swept / name))

    process = on_ray("worker")
    os.kill(held(swept / "worker", process), signal.SIGKILL)
    out, err = process.communicate(timeout=400)
    assert process.returncode == 0, err
    assert out == board
    assert made(swept / "worker") == wanted
    assert sum(": resuming " in line for line in err.splitlines()) == 1, "what the dead one had"
    lines = [line for line in err.splitlines()[1:] if not line.startswith(f"{socket.gethostname()}: ")]
    assert lines.pop(0).startswith("plan kept: ")
    assert [line for line in lines if "at work" not in line] == [f"{k} of 2 populations done" for k in (1, 2)]

    workers: set[int] = set()
    for number, expected in ((signal.SIGKILL, -9), (signal.SIGINT, 130)):
        process = on_ray("driver")
        workers.add(held(swept / "driver", process, workers))
        process.send_signal(number)
        _, err = process.communicate(timeout=120)
        assert process.returncode == expected, err
        assert len(made(swept / "driver")) < len(wanted)
    assert "saved at step" in err.splitlines()[-1]
    process = on_ray("driver")
    out, err = process.communicate(timeout=400)
    assert process.returncode == 0, err
    assert out == board
    assert made(swept / "driver") == wanted
    assert not list((swept / "driver").glob(".driver-*"))
    process = start("sweep", "s", "--on", "ray", "--address", cluster, "--cpus", "2", "--runs-dir", "none")
    assert process.communicate(timeout=120)[1].splitlines()[-1] == (
        "error: --cpus 2: no machine of the cluster has more than 1"
    )


def test_a_machine_that_sees_no_store_or_no_lock_or_other_code_takes_no_part(tmp_path):
    token = Token(str(tmp_path / "there"), source_digest(), ".")
    assert f"does not see {tmp_path}, where the driver keeps its runs" in token.fault()
    with population_lock(tmp_path / "there"):
        assert token.fault() == ""
        assert "other source files" in Token(token.folder, "0", ".").fault()
    assert "not that the driver holds a lock there" in token.fault()


def test_no_cluster_and_no_ray_are_told_in_a_line(swept, call, monkeypatch):
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "ray", None)
        code, _, err = call("sweep", "s", "--on", "ray")
    assert (code, err.splitlines()[-1]) == (2, "error: --on ray needs Ray: pip install 'lstm_research[ray]'")
    pytest.importorskip("ray", reason="the extra `ray` is not installed (make ray)")
    code, _, err = call("sweep", "s", "--on", "ray", "--address", f"127.0.0.1:{port}")
    assert code == 2
    assert f"error: --address 127.0.0.1:{port}: no cluster there (Connection refused)" in err.splitlines()[-1]
