"""A CSV of one's own: run, predict on rows never seen, compare; and what they say where something is wrong."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

CONFIG = """\
# Half a day ahead.
task: {kind: forecast, context: 12, horizon: 4, head: quantile}
data: {kind: csv, path: my.csv, target: y, time: hour}
model: {cell: {kind: gru, hidden: 4}}
optimizer: {kind: adam, learning_rate: 0.01}
training: {steps: 4, batch: 8, eval_every: 2}
seeds: 0:2
"""


def write(path: Path, first: int, rows: int) -> None:
    stamps = (np.datetime64("2024-01-01T00:00") + np.arange(first, first + rows) * np.timedelta64(1, "h")).astype(str)
    values = np.sin(np.arange(first, first + rows) * 2 * np.pi / 24)
    path.write_text("hour,y\n" + "".join(f"{stamp},{value:.6f}\n" for stamp, value in zip(stamps, values, strict=True)))


@pytest.fixture
def own(lab: Path) -> Path:
    (lab / "configs" / "own.yaml").write_text(CONFIG)
    write(lab / "my.csv", 0, 200)
    return lab


def test_a_csv_from_its_rows_to_a_forecast(own, call):
    code, out, err = call("run", "own", "--test")
    assert code == 0, err
    assert "my.csv: 200 steps of an hour, season 24; train to 2024-01-06 19:00:00" in err
    run = out.split()[0]
    tested = next(line for line in out.splitlines() if line.startswith(f"{run}  test"))

    # The rows of test, and the context before them: the forecasts are those of the run's own test.
    write(own / "held.csv", 160 - 12, 40 + 12)
    (own / "my.csv").unlink()
    code, out, err = call("predict", run, "held.csv", "--every")
    assert code == 0, err
    rows = list(csv.DictReader(io.StringIO(out)))
    assert set(rows[0]) == {"series", "origin", "step", "time", "column", "forecast", "low", "high", "truth"}
    assert rows[0]["time"] == "2024-01-07T16:00:00"
    scored = [row for row in rows if row["truth"]]
    whole = {row["origin"] for row in scored if row["step"] == "4"}
    error = np.mean([abs(float(r["forecast"]) - float(r["truth"])) for r in scored if r["origin"] in whole])
    expected = next(part for part in tested.split(", ") if part.startswith("mae_raw"))
    assert error == pytest.approx(float(expected.split()[1]), rel=1e-4)
    assert "where the truth is known: mse" in err

    code, out, err = call("predict", run, "held.csv", "--out", "p.csv")
    assert code == 0, err
    assert "4 rows written to p.csv" in out
    assert [row["truth"] for row in csv.DictReader(io.StringIO((own / "p.csv").read_text()))] == [""] * 4

    (own / "new.csv").write_text("hour,x\n2024-01-01,1\n2024-01-02,1\n")
    code, _, err = call("predict", run, "new.csv")
    assert (code, "column 'y' not in new.csv" in err) == (2, True)
    code, _, err = call("predict", run, "gone.csv")
    assert (code, "file 'gone.csv'" in err) == (2, True)


COMPARE = ("compare", "own", "data.train=0.9", "data.valid=0.05", "--cells", "rnn,gru", "--rates", "1")
"""Few origins to test at: two of the baselines are fitted anew at each."""


def test_compare_says_what_it_would_run(own, call):
    code, out, err = call(*COMPARE, "--dry-run")
    assert code == 0, err
    assert "4 runs" in out


@pytest.mark.slow
def test_compare_says_which_and_whether(own, call):
    code, out, err = call(*COMPARE, "--out", "tables")
    assert code == 0, err
    for row in ("last_value", "seasonal_naive", "drift", "linear_ar", "rnn", "gru"):
        assert any(line.startswith(row) for line in out.splitlines()), row
    assert out.splitlines()[-1].startswith("Use ")
    assert "not worth it here" in out.splitlines()[-1]
    assert {path.suffix for path in (own / "tables").iterdir()} == {".md", ".tex", ".csv", ".svg"}
    code, again, err = call(*COMPARE, "--out", "tables")
    assert code == 0
    assert "training" not in err
    assert again == out


def test_faults_are_told_before_anything_compiles(own, call):
    lines = (own / "my.csv").read_text().splitlines()
    (own / "bad.csv").write_text("\n".join([*lines[:9], "2024-01-01T08:00,high", *lines[10:]]))
    for command in ("run", "compare"):
        code, _, err = call(command, "own", "data.path=bad.csv")
        assert code == 3
        assert "bad.csv:10: column 'y': 'high' is not a finite number" in err
    for overrides, why in (
        (("data.path=my.cvs",), "did you mean 'my.csv'"),
        (("data.target=x",), "data.target: column 'x'"),
        (("task.horizon=100",), "no window fits into valid"),
        (("data.kind=etr",), "did you mean 'ett'"),
    ):
        code, _, err = call("run", "own", *overrides)
        assert code == 2, err
        assert why in err
    code, _, err = call("compare", "own", "--rates", "0")
    assert (code, "positive factors" in err) == (2, True)
    code, _, err = call("compare", "own", "--cells", "gru,gru")
    assert (code, "cells, each once" in err) == (2, True)
    code, _, err = call("predict", "0000", "my.csv")
    assert code == 2


CLASSES = """\
# Up or down?
task: {kind: classification}
data: {kind: labelled_csv, path: cases.csv, group: id, label: way}
model: {cell: {kind: gru, hidden: 4}, head: mean}
optimizer: {kind: adam, learning_rate: 0.03}
training: {steps: 40, batch: 8, eval_every: 20}
"""


def cases(numbers: range, *, labelled: bool = True) -> str:
    rows = [
        f"c{k},{t * (1 if k % 2 else -1)}" + (f",{'up' if k % 2 else 'down'}" if labelled else "")
        for k in numbers
        for t in range(4)
    ]
    return "\n".join(["id,x" + (",way" if labelled else ""), *rows]) + "\n"


def test_sequences_of_ones_own_are_classified(own, call):
    (own / "configs" / "ways.yaml").write_text(CLASSES)
    (own / "cases.csv").write_text(cases(range(40)))
    code, out, err = call("run", "ways", "--test")
    assert code == 0, err
    run = out.split()[0]
    assert "test accuracy 1," in out
    (own / "new.csv").write_text(cases(range(50, 54), labelled=False))
    code, out, err = call("predict", run, "new.csv")
    assert code == 0, err
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["sequence"], row["class"], row["truth"]) for row in rows] == [
        ("c50", "down", ""), ("c51", "up", ""), ("c52", "down", ""), ("c53", "up", ""),
    ]  # fmt: skip
    assert set(rows[0]) == {"sequence", "class", "p down", "p up", "truth"}
    code, _, err = call("run", "ways", "data.kind=csv", "data.target=x")
    assert code == 2
