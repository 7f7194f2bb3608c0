"""The benchmarks run, at toy size, and compare before they time. Nothing here asserts on a time."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import records, report
from benchmarks.__main__ import section
from benchmarks.bench import Bench
from benchmarks.compare import Disagreement, compare
from benchmarks.peers import OURS, Side, sides
from benchmarks.sections import SECTIONS, step
from benchmarks.shapes import SHAPES, toy
from benchmarks.targets import verdicts
from benchmarks.turns import Candidate, Field, Ready
from benchmarks.work import jax_layer

pytestmark = pytest.mark.loose


def quiet(line: str) -> None:
    """Nobody listens."""


@pytest.fixture
def field() -> Field:
    return Field(quiet, rounds=1, least=0.0, together=True)


def wrong(**arguments: Any) -> Any:
    """Our layer, with one gradient a little off."""
    right = jax_layer.layer(**arguments)

    def values(result: Any) -> dict[str, np.ndarray]:
        found = right.values(result)
        return {**found, "recurrent0": found["recurrent0"] * 1.01}

    return Ready(right.run, values)


@pytest.mark.parametrize("cell", ["lstm", *(pytest.param(cell, marks=pytest.mark.slow) for cell in ("gru", "rnn"))])
def test_every_installed_peer_agrees(cell: str, field: Field) -> None:
    """Values and gradients of every library at hand on one device, and of ours on two."""
    bench = Bench(field, True, quiet)
    here = [side for side in sides(cell) if side.here]
    found = [one for side in here for one in step.candidates(bench, side, cell, toy(SHAPES["a"]), "step")]
    found = [one for one in found if one.side == "ours" or one.variant != "2 devices"]
    measured = field.measure(found)
    assert [one.side for one in measured] == [side.name for side in here]


def test_a_wrong_side_is_caught_before_it_is_timed(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Field, "_time", lambda *_: pytest.fail("timed before compared"))
    given = {"module": "ours", "kind": "", "cell": "lstm", "shape": toy(SHAPES["a"]), "what": "step", "devices": 1}
    right = Candidate("ours", "", "jax", "benchmarks.work.jax_layer:layer", given)
    off = Candidate("off", "", "jax", f"{__name__}:wrong", given)
    with pytest.raises(Disagreement, match="recurrent0 is off by"):
        field.measure([right, off])


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"h": np.ones(3)}, "shape"),
        ({"h": np.full(2, np.nan)}, "off by"),
        ({}, "h where the other"),
        ({"g": np.ones(2)}, "g"),
    ],
)
def test_what_cannot_be_compared_is_a_disagreement(found: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(Disagreement, match=message):
        compare("side", found, {"h": np.ones(2)})


def test_a_missing_library_is_told_and_left_out(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "benchmarks.peers.sides", lambda cell, platform: [OURS, Side("absent", "no_such_package", "absent")]
    )
    told: list[str] = []
    monkeypatch.setattr(step, "CASES", {"cpu": {"rnn": "s"}})
    rows = step.layers(Bench(field, True, told.append), "step")
    assert {row["side"] for row in rows} == {"ours"}
    assert "no_such_package is not installed" in told[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", SECTIONS)
def test_sections_run(name: str, tmp_path: Path) -> None:
    """Every section from the first line to the page, in processes, as `make bench` does."""
    section(name, tmp_path, toy=True)
    assert records.read(tmp_path, name)
    report.write(tmp_path, tmp_path)
    assert (tmp_path / "speed.svg").read_text().startswith("<?xml")


def test_a_commit_stays_as_it_is(tmp_path: Path) -> None:
    """Some are numbers to look at: 70e8174 would be infinite, 0091234 lose its beginning."""
    for commit in ("70e8174", "0091234"):
        records.write_machine(tmp_path, "step", {"commit": commit, "minutes": 1.5})
        records.write_machine(tmp_path, "loop", {"commit": "abcdef0", "minutes": 2.0})
        found = {row["section"]: row for row in records.read(tmp_path, "machine")}
        assert (found["step"]["commit"], found["step"]["minutes"]) == (commit, 1.5)


def test_the_committed_page_is_made_from_the_committed_numbers(tmp_path: Path) -> None:
    report.write(records.RESULTS, tmp_path)
    assert (tmp_path / "speed.md").read_text() == report.PAGE.read_text()


def test_a_verdict_is_computed(tmp_path: Path) -> None:
    """Made-up times: just reached, just not, not measured."""
    rows = [
        {"cell": "lstm", "shape": shape, "side": side, "ms": ms}
        for shape, side, ms in [
            ("a", "ours", 10.0),
            ("a", "torch.nn", 7.5),
            ("b", "ours", 10.0),
            ("b", "torch.nn", 7.4),
        ]
    ]
    records.write(tmp_path, "step", rows)
    found = {v.where: v.reached for v in verdicts(tmp_path) if v.what == "LSTM step against torch.nn"}
    assert (found["a"], found["b"], found["c"]) == (True, False, None)


def test_the_numbers_before_are_kept(tmp_path: Path) -> None:
    """So that a second run shows how far the ratios moved."""
    for ms in (20.0, 25.0):
        both = [{"shape": "s", "side": "ours", "ms": 10.0}, {"shape": "s", "side": "torch.nn", "ms": ms}]
        records.write(tmp_path, "loop", both)
    assert "| loop | 1 | 25 % | 25 % |" in report.moved(tmp_path)
    shutil.rmtree(tmp_path / "previous")
    assert "Not measured" in report.moved(tmp_path)
