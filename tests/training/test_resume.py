"""A run that is cut, anywhere and as often as one likes, ends as if it had not been."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny_runs as tiny

from lstm_research.training.loop import fit
from lstm_research.types import DataError

STEPS = 40


def members_of(task: str):
    """Three members that differ in everything that a resume must bring back; one stops early."""
    runs = [
        tiny.config(
            tiny.NotesConfig() if task == "stream" else None,
            model={
                "cell": {"kind": "lstm", "hidden": 4},
                "dropout": 0.2,
                "weight_noise": 0.01,
                "learned_carry": task == "stream",
            },
            optimizer={"kind": "adam", "learning_rate": rate, "schedule": "cosine"},
            training={"steps": STEPS, "batch": 2, "eval_every": 7, "patience": 3},
            execution={"steps_per_dispatch": 1, "eval_batch": 8},
        )
        for rate in (0.003, 1e-30, 0.01)
    ]
    return tiny.population(runs, [0, 1, 2], "sharded_map")


@pytest.fixture(scope="module", params=["generated", pytest.param("stream", marks=pytest.mark.slow)])
def members(request):
    return members_of(request.param)


@pytest.fixture(scope="module")
def undisturbed(members, tmp_path_factory):
    found = tiny.finish(members, tmp_path_factory.mktemp("undisturbed"))
    assert [s.steps for s in found[1]][1] == 21 < max(s.steps for s in found[1]), "the second should have stopped early"
    return found


def test_cut_at_every_step(members, undisturbed, tmp_path):
    """One sitting per step; and a copy of the folder at every cut, taken on to the end in one go."""
    chain = tmp_path / "chain"
    for step in range(1, STEPS + 1):
        assert tiny.sit(members, chain, 1) == step
        if step % 4 and step % 7 > 1:  # around every evaluation, and some more
            continue
        copy = tmp_path / "copy"
        shutil.copytree(chain, copy)
        assert tiny.finish(members, copy) == undisturbed, f"cut at step {step}"
        shutil.rmtree(copy)
    assert tiny.finish(members, chain) == undisturbed


def test_the_length_of_a_dispatch_changes_no_parameter(members):
    whole = members.train(members.init(), 21)
    state = members.init()
    for steps in (7, 7, 1, 6):
        state = members.train(state, steps)
    assert tiny.same(state._replace(loss=whole.loss), whole)
    members.train(state, 0)
    assert members._train._cache_size() == 1


def test_a_finished_run_is_taken_as_it_is(members, undisturbed, tmp_path):
    assert tiny.finish(members, tmp_path) == undisturbed
    assert tiny.finish(members, tmp_path) == undisturbed


def test_what_a_killed_process_left_half_done_is_cleared(members, undisturbed, tmp_path):
    """Lines after the checkpoint, a torn line, a half-written checkpoint, and one half-deleted."""
    tiny.sit(members, tmp_path, 9)
    tiny.sit(members, tmp_path, 3)
    with open(tmp_path / "metrics.jsonl", "a") as file:
        file.write('{"run": "run0", "step": 14}\n{"run": "ru')
    newest = sorted((tmp_path / "checkpoints").iterdir())
    half = tmp_path / "checkpoints" / f"{newest[-1].name}9.orbax-checkpoint-tmp"
    half.mkdir()
    (half / "junk").write_text("junk")
    (newest[0] / "_CHECKPOINT_METADATA").unlink()
    assert tiny.finish(members, tmp_path) == undisturbed
    assert not half.exists()


def test_lost_lines_of_metrics_are_not_passed_over(members, tmp_path):
    tiny.sit(members, tmp_path, 9)
    (tmp_path / "metrics.jsonl").write_text("")
    with pytest.raises(DataError, match=r"metrics\.jsonl: 0 bytes, but \d+ were written up to step 9: .*runs clean"):
        fit(members, tiny.names(members), tmp_path)


CHILD = """
import pickle, sys
sys.path[:0] = [{tests!r}, {root!r}]
from pathlib import Path
import test_resume, tiny_runs
from dataclasses import replace
members = test_resume.members_of("stream")
execution = replace(members.static.execution, checkpoint_minutes=1e-9)
members.static = replace(members.static, execution=execution)
folder = Path(sys.argv[1])
print("ready", flush=True)
Path(sys.argv[2]).write_bytes(pickle.dumps(tiny_runs.finish(members, folder)))
"""


@pytest.mark.slow
def test_killed_at_random_times(tmp_path):
    """SIGKILL, again and again, each time a little later after the program is up: compiling, training, saving."""
    script = tmp_path / "child.py"
    script.write_text(CHILD.format(tests=str(Path(__file__).parent), root=str(Path(__file__).parents[2])))
    environment = {**os.environ, "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "compiled")}

    def start(folder: str, answer: str) -> "subprocess.Popen[bytes]":
        words = [sys.executable, str(script), str(tmp_path / folder), str(tmp_path / answer)]
        return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE)

    with start("whole", "expected") as whole:
        assert whole.wait() == 0
    draw = random.Random(0)
    kills = 0
    for attempt in range(60):
        with start("cut", "found") as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            time.sleep(draw.uniform(0.0, 0.5 + 0.2 * attempt))
            child.send_signal(signal.SIGKILL)
        if child.returncode == 0:
            break
        kills += 1
    assert kills >= 3
    assert (tmp_path / "found").read_bytes() == (tmp_path / "expected").read_bytes()
