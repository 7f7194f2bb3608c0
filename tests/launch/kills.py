"""A sweep killed with SIGKILL again and again, and given again each time, ends as the undisturbed one: `make kills`.

    python tests/launch/kills.py --trials 60 --kills 50 --jobs 2

Kills fall, in turns, at start-up, at compilation, while training, while a checkpoint is written and while results are;
each a random moment later. They hit the driver, one worker, or all at once. What was killed is started again, but for
a lone worker, whose populations the others take. Where a sweep ends before it is killed, it is compared and begun
afresh. Compared are all records but for wall time, all lines of metrics, and what is printed. Exit code 1 where
anything differs.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]

SMALL = """\
task: {kind: adding, length: 5, n_valid: 16, n_test: 16}
model: {cell: {kind: rnn}}
optimizer: {kind: adam, learning_rate: 0.01}
training: {steps: 300, batch: 2, eval_every: 20}
execution: {checkpoint_minutes: 0.01}
"""

SWEEP = """\
config: small
grid: {model.cell.hidden: HIDDEN}
search: {trials: EACH, space: {optimizer.learning_rate: {low: 0.0001, high: 0.1, scale: log}}}
"""

MOMENTS = {"start-up": 6.0, "compilation": 1.0, "training": 2.0, "checkpoint": 0.05, "results": 0.02}
"""What is waited for -> seconds after it, at most, at which is killed."""
VICTIMS = ("driver", "worker", "all")
PATIENCE = 90.0
"""Seconds after which a moment that does not come is waited for no longer."""


@dataclass
class Lab:
    """A folder with the sweep, and a store in it."""

    folder: Path
    jobs: int
    store: Path
    began: Counter[str] = field(default_factory=Counter)

    def start(self) -> "subprocess.Popen[bytes]":
        """The command; what it says is kept beside the store."""
        environment = {
            **os.environ, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu",
            "LSTM_RESEARCH_CACHE": str(self.folder / "cache"), "LSTM_RESEARCH_RUNS": str(self.store),
        }  # fmt: skip
        self.began["starts"] += 1
        with open(self.said, "ab") as said, open(self.board, "wb") as board:
            command = [sys.executable, "-m", "lstm_research", "sweep", "kills", "--jobs", str(self.jobs)]
            return subprocess.Popen(command, cwd=self.folder, env=environment, stdout=board, stderr=said)

    @property
    def said(self) -> Path:
        """What went to stderr, of all starts."""
        return self.store.with_suffix(".err")

    @property
    def board(self) -> Path:
        """What the last start printed."""
        return self.store.with_suffix(".out")

    def state(self) -> dict[str, int]:
        """What there is of each kind by which a moment is known."""
        count = {
            "compilation": "*/population.json",
            "training": "*/metrics.jsonl",
            "checkpoint": "*/checkpoints/*",
            "results": "*/.results.jsonl.*",
            "finished": "*/results.jsonl",
        }
        return {what: sum(1 for _ in self.store.glob(pattern)) for what, pattern in count.items()}

    def made(self) -> dict[str, tuple[str, list[str]]]:
        """run -> its record but for wall time, and its lines of metrics. Raises AssertionError for a run made twice."""
        metrics: dict[str, list[str]] = {}
        for path in sorted(self.store.glob("*/metrics.jsonl")):
            for line in path.read_text().splitlines():
                metrics.setdefault(json.loads(line)["run"], []).append(line)
        found: dict[str, tuple[str, list[str]]] = {}
        for path in sorted(self.store.glob("*/results.jsonl")):
            for line in path.read_text().splitlines():
                record = {**json.loads(line), "seconds": None}
                assert record["run"] not in found, f"{path}: run {record['run']} was made twice"
                found[record["run"]] = json.dumps(record, sort_keys=True), metrics[record["run"]]
        return found


def workers(driver: int) -> list[int]:
    """The processes of a driver."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        if int(text.rpartition(")")[2].split()[1]) == driver:
            found.append(int(stat.parent.name))
    return found


def wait(lab: Lab, moment: str, driver: "subprocess.Popen[bytes]", later: float) -> bool:
    """Until something of `moment` comes that was not there, and a while longer; False where the driver ended before."""
    before, deadline = lab.state(), time.monotonic() + PATIENCE
    sizes = lab.said.stat().st_size
    while moment != "start-up" and time.monotonic() < deadline and driver.poll() is None:
        now = lab.state()
        if moment == "compilation" and b": training " in lab.said.read_bytes()[sizes:].replace(
            b"resuming", b"training"
        ):
            break
        if moment != "compilation" and now[moment] > before[moment]:
            break
        before = {what: min(before[what], now[what]) for what in now}
        time.sleep(0.002)
    time.sleep(later)
    return driver.poll() is None


def kill(driver: "subprocess.Popen[bytes]", victim: str, draw: random.Random) -> str:
    """Whom it hit in the end: a driver without workers is hit itself."""
    theirs = workers(driver.pid)
    if victim == "worker" and theirs:
        os.kill(draw.choice(theirs), signal.SIGKILL)
        return "worker"
    driver.kill()
    if victim == "all":
        for pid in theirs:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    driver.wait()
    return "all" if victim == "all" and theirs else "driver"


def same(lab: Lab, whole: Lab, trials: int) -> None:
    """Raises AssertionError where a store does not hold what the undisturbed one holds."""
    made, wanted = lab.made(), whole.made()
    assert len(made) == trials, f"{len(made)} distinct runs, not {trials}"
    different = [run for run in wanted if made.get(run) != wanted[run]]
    assert not different, f"{len(different)} runs differ from the undisturbed sweep, {different[0]} among them"
    assert lab.board.read_bytes() == whole.board.read_bytes(), "the leaderboard differs"
    names = [{path.parent.name for path in one.store.glob("*/population.json")} for one in (lab, whole)]
    assert names[0] == names[1], f"populations {sorted(names[0] ^ names[1])} are in one store alone"
    left = [*lab.store.glob("*/.*.tmp"), *lab.store.glob(".removed-*")]
    assert not left, f"left behind: {left}"


def end(lab: Lab, driver: "subprocess.Popen[bytes]") -> None:
    """Wait for the end of a sweep. Raises AssertionError where it failed."""
    code = driver.wait(timeout=900)
    assert code == 0, f"exit code {code}: {lab.said.read_text()[-2000:]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("trials", 60), ("kills", 50), ("jobs", 2), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    draw, began = random.Random(given.seed), time.monotonic()
    widths = max(2, min(6, given.trials // 4))
    assert given.trials % widths == 0, f"--trials {given.trials}: take a multiple of {widths}"
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        folder = Path(name)
        (folder / "configs/sweeps").mkdir(parents=True)
        (folder / "configs/small.yaml").write_text(SMALL)
        text = SWEEP.replace("HIDDEN", str(list(range(3, 3 + widths)))).replace("EACH", str(given.trials // widths))
        (folder / "configs/sweeps/kills.yaml").write_text(text)
        whole = Lab(folder, given.jobs, folder / "whole")
        end(whole, whole.start())
        took = time.monotonic() - began
        print(f"undisturbed: {len(whole.made())} runs in {widths} populations, {took:.0f} s", flush=True)
        hit: Counter[tuple[str, str]] = Counter()
        stores, starts = 0, 0
        while True:
            lab = Lab(folder, given.jobs, folder / f"killed{stores}")
            driver = lab.start()
            while hit.total() < given.kills:
                moment = list(MOMENTS)[hit.total() % len(MOMENTS)]
                if not wait(lab, moment, driver, draw.uniform(0, MOMENTS[moment])):
                    break
                victim = kill(driver, draw.choice(VICTIMS), draw)
                hit[moment, victim] += 1
                state = lab.state()
                there = f"{state['finished']} of {widths} populations finished, {state['compilation']} begun"
                print(f"kill {hit.total()}: {victim}, at {moment}; {there}", flush=True)
                if victim != "worker":
                    driver = lab.start()
            end(lab, driver)
            same(lab, whole, given.trials)
            stores, starts = stores + 1, starts + lab.began["starts"]
            if hit.total() >= given.kills:
                break
        reclaimed = sum(path.read_text().count("resuming ") for path in folder.glob("killed*.err"))
        damaged = sum(path.read_text().count("trying the one before") for path in folder.glob("killed*.err"))
    print(f"\n{'killed at':12}" + "".join(f"{victim:>8}" for victim in VICTIMS))
    for moment in MOMENTS:
        print(f"{moment:12}" + "".join(f"{hit[moment, victim]:8}" for victim in VICTIMS))
    print(
        f"\n{hit.total()} kills, {starts} starts, {stores} sweeps of {given.trials} trials; {reclaimed} times a "
        f"population was gone on with, {damaged} checkpoints were damaged; every sweep ended with {given.trials} "
        f"distinct runs, records, metrics and leaderboard as in the undisturbed one; {time.monotonic() - began:.0f} s"
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as error:
        sys.exit(f"not the same: {error}")
