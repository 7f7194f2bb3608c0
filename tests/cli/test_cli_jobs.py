"""Several processes on one sweep: each run is made once, who dies is told, all end with the same board."""

import os
import re
import signal
import time

import pytest

from lstm_research.results.store import Store

SWEEP = """\
config: small
grid: {model.cell.hidden: [3, 4, 5]}
overrides: [training.steps=200, training.eval_every=20, execution.checkpoint_minutes=0.0001]
"""


@pytest.fixture
def swept(lab):
    (lab / "configs/sweeps/s.yaml").write_text(SWEEP)
    return lab


def wait(process, until):
    """Until something is so, while a process runs."""
    deadline = time.monotonic() + 240
    while not until():
        if time.monotonic() > deadline or process.poll() is not None:
            pytest.fail(f"never came: {process.communicate(timeout=10)}")
        time.sleep(0.02)


def training(root):
    """How many populations train."""
    return sum(path.stat().st_size > 0 for path in root.glob("*/metrics.jsonl"))


def made(root):
    """What must not depend on who made it."""
    return sorted((one.run, one.steps, one.best_step, tuple(one.valid.items())) for one in Store(root).records())


@pytest.mark.slow
def test_a_job_that_is_killed_is_told_and_jobs_that_are_stopped_save(swept, call, start):
    """Fails where a population is made twice, where a dead job's is left, and where a job outlives its command."""
    code, board, err = call("sweep", "s", "execution.layout=map", "--runs-dir", "whole")
    assert code == 0, err
    root = swept / "runs"
    command = ("sweep", "s", "execution.layout=map", "--jobs", "2", "--runs-dir", str(root))
    process = start(*command)
    wait(process, lambda: training(root) >= 2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "saved at step" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert len(Store(root).unfinished()) == 2
    process = start(*command)
    held = root.glob("*/population.lock")
    wait(process, lambda: any(path.stat().st_size for path in root.glob("*/population.lock")))
    pids = [int(found[1]) for path in held if (found := re.search(r'"pid": (\d+)', path.read_text()))]
    os.kill(pids[0], signal.SIGKILL)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert f"(process {pids[0]}) was killed by SIGKILL: the others go on with what it had" in err
    assert out == board
    assert made(root) == made(swept / "whole")


@pytest.mark.slow
def test_sixteen_processes_that_start_the_same_sweep_make_each_run_once(swept, start):
    """Fails where two make a population, where one trips over what another is writing, and where boards differ."""
    processes = [start("sweep", "s", "training.steps=40") for _ in range(16)]
    ended = [process.communicate(timeout=600) for process in processes]
    assert [process.returncode for process in processes] == [0] * 16, ended
    assert len({out for out, _ in ended}) == 1
    said = [line for _, err in ended for line in err.splitlines()]
    assert not [line for line in said if "error" in line or "Traceback" in line]
    assert len([line for line in said if line.startswith("training ")]) == 3
    assert not [line for line in said if line.startswith("resuming ")]
    lines = [line for path in (swept / "runs").glob("*/results.jsonl") for line in path.read_text().splitlines()]
    assert len(lines) == len(Store(swept / "runs").records()) == 6
    assert len(Store(swept / "runs").populations()) == 3
