"""The table of populations: what it says is what happened."""

from types import SimpleNamespace

import pytest
from rich.console import Console

from lstm_research.cli import progress
from lstm_research.config.load import load
from lstm_research.launch.plan import Group, Plan, Run
from lstm_research.training.loop import Progress


def test_the_table_counts_populations_and_names_the_best(lab, monkeypatch):
    """Fails where a best value is taken from the wrong end or run, or a name is read as markup."""
    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    config = load("small")
    groups = [
        Group(name, (Run(f"{name}0", config), Run(f"{name}1", config)), resumed=False) for name in ("a[b]", "c", "d")
    ]
    console = Console(width=110)
    shown = progress.Board(SimpleNamespace(console=console, refresh=lambda: None))
    shown.asked({"a[b]0": "k=x", "a[b]1": "k=y", "c0": "k=x", "c1": "k=y"})
    shown.planned(Plan({}, tuple(groups)))

    def seen():
        with console.capture() as capture:
            console.print(shown)
        return [line.rstrip() for line in capture.get().splitlines()]

    assert seen()[-1] == "0 of 3 populations done, 3 wait"
    for step in (1, 2):
        clock[0] += 10
        shown.progress(groups[0], Progress(step, 4, 2, 0.5, [0.3, None], "acc", True))
    rows = seen()
    assert "a[b]" in rows[1]
    assert rows[1].split()[-5:] == ["0.5", "acc", "0.3", "20", "s"]
    # 10 s for an update of two members; two populations of two members and four updates wait.
    assert rows[-1] == "0 of 3 populations done, 2 wait, about 2 min left; best acc: x 0.3"
    shown.progress(groups[0], Progress(4, 4, 0, 0.5, [0.3, 0.7], "acc", True))
    shown.progress(groups[1], Progress(1, 4, 2, 0.5, [0.4, 0.6], "acc", True))
    assert seen()[1].endswith("done")
    assert seen()[-1].startswith("1 of 3 populations done, 1 wait, about")
    assert seen()[-1].endswith("best acc: x 0.4, y 0.7")


def test_many_populations_fit_a_terminal(lab):
    config = load("small")
    groups = tuple(Group(f"p{k}", (Run(f"r{k}", config),), resumed=False) for k in range(60))
    shown = progress.Board(SimpleNamespace(refresh=lambda: None))
    shown.planned(Plan({}, groups))
    for group in groups[:20]:
        shown.progress(group, Progress(4, 4, 0, 0.5, [0.3], "mse", False))
    console = Console(width=80)
    with console.capture() as capture:
        console.print(shown)
    lines = capture.get().splitlines()
    assert len(lines) == 1 + progress.WAITING * 2 + 1
    assert lines[-1].startswith("20 of 60 populations done, 40 wait")
    assert pytest.approx(0.3) == shown._best[""]
