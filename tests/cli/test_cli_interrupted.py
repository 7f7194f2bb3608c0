"""A command that is stopped, killed or not alone: what was saved goes on to the same bits, nothing is made twice."""

import dataclasses
import signal
import time

import pytest

from lstm_research.results.store import Store

LONG = ("training.steps=400", "training.eval_every=20", "execution.steps_per_dispatch=2")
OFTEN = "execution.checkpoint_minutes=0.0001"


def made(root):
    """Everything a store holds that must not depend on how often it was interrupted."""
    store = Store(root)
    [population] = store.populations()
    records = [
        dataclasses.replace(record, seconds=0.0, config=record.config | {"execution": None})
        for record in store.records()
    ]
    return records, (store.folder(population) / "metrics.jsonl").read_bytes()


def wait_for_training(root, process, lines):
    """Until a population has written so many lines of metrics."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        for path in root.glob("*/metrics.jsonl"):
            if path.read_bytes().count(b"\n") >= lines:
                return
        time.sleep(0.02)
    pytest.fail(f"never trained: {process.communicate(timeout=10)}")


def test_stopped_and_killed_runs_go_on_to_the_same_bits(lab, call, start):
    assert call("run", "small", *LONG, "--runs-dir", "whole")[0] == 0
    wanted = made(lab / "whole")
    for number, expected in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)):
        root = lab / number.name
        process = start("run", "small", *LONG, OFTEN, "--runs-dir", str(root))
        wait_for_training(root, process, lines=6)
        process.send_signal(number)
        _, err = process.communicate(timeout=120)
        assert process.returncode == expected, err
        if number != signal.SIGKILL:
            assert "saved at step " in err.splitlines()[-1]
            assert "`lstm-research resume`" in err.splitlines()[-1]
            assert "Traceback" not in err
        assert Store(root).records() == []
        assert len(Store(root).unfinished()) == 1
        code, out, err = call("resume", "--runs-dir", str(root))
        assert code == 0, err
        assert "resuming " in err
        assert len(out.splitlines()) == 2
        assert made(root) == wanted


def test_two_processes_on_one_sweep_share_it(lab, start):
    processes = [start("sweep", "rates", *LONG), start("sweep", "rates", *LONG)]
    ended = [process.communicate(timeout=240) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ended
    assert ended[0][0] == ended[1][0]
    assert "rank" in ended[0][0]
    assert sum(err.count("training ") for _, err in ended) == 1
    store = Store(lab / "runs")
    assert len(store.populations()) == 1
    assert len(store.records()) == 4
    assert store.evaluations() == []


def test_resume_goes_on_past_what_cannot(lab, call, monkeypatch):
    """Of two begun populations the first is damaged: the second is finished, and the first told."""
    from lstm_research.training import loop

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(loop._Loop, "run", interrupted)
        for scale in ("0.01", "0.02"):
            assert call("run", "small", f"model.cell.init_scale={scale}")[0] == 130
    store = Store(lab / "runs")
    first, _ = store.unfinished()
    (store.folder(first) / "population.json").write_text("{}")
    code, out, err = call("resume")
    assert code == 3
    assert f"{first}/population.json: not a description of a population" in err
    assert store.unfinished() == [first]
    assert len(out.splitlines()) == 2
