"""Verdicts on constructed cases; tables that come back from their CSV; what is refused."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest
from made_results import experiment, run_all

from lstm_research.results import Experiment, Group, Heat, Published, Row, Share
from lstm_research.results.experiment import read
from lstm_research.results.figure import svg
from lstm_research.results.lines import Line, _also, merge, read_csv, write_csv
from lstm_research.results.render import latex, markdown, rows_csv, text
from lstm_research.results.rows import settings
from lstm_research.results.table import build
from lstm_research.results.verdict import verdict
from lstm_research.types import ConfigError, DataError

TEN = [8.4, 8.5, 8.6, 8.5, 8.4, 8.6, 8.5, 8.5, 8.45, 8.55]
EXPERIMENTS = Path(__file__).parents[2] / "experiments"


@pytest.mark.parametrize(
    ("ours", "published", "said"),
    [
        (TEN, Published(8.52, "x"), "consistent"),
        (TEN, Published(8.67, "x"), "better by 0.17"),
        (TEN, Published(8.30, "x"), "worse by 0.20"),
        (TEN[:5], Published(9.50, "x"), "indicative: better by 1.02"),
        (TEN[:4], Published(9.50, "x"), "no verdict: 4 finished runs, 5 needed"),
        (TEN, Published(8.60, "x", spread=0.3, spread_kind="sd", n=5), "consistent"),
        (TEN, Published(8.60, "x", spread=0.02, spread_kind="sd", n=5), "better by 0.10"),
        (TEN, Published(8.60, "x", spread=0.1, spread_kind="se", n=9), "consistent"),
        (TEN, Published(8.60, "x", spread=0.1, spread_kind="sd"), "not comparable: the published spread has no number"),
        (TEN, Published(8.60, "x", comparable="other split"), "not comparable: other split"),
    ],
)
def test_verdicts(ours, published, said):
    assert verdict(ours, published, higher_is_better=False, digits=2).startswith(said)


def test_verdict_says_that_runs_diverged():
    assert verdict(TEN, Published(8.5, "x"), False, 2, diverged=3) == "consistent (10 finished runs; 3 diverged)"


def made_table():
    made = experiment({"GRU": Published(8.5, "A & B 2014, Table 2")}, sizes="as published")
    return made, run_all(made, {"GRU": TEN, "LSTM": [9.4, None, *(value + 1 for value in TEN[2:9]), None]})


def test_a_family_of_metrics_is_stored_and_drawn_and_not_printed():
    made = replace(experiment(), heat=Heat(prefix="nll_", axis="length"))
    looks = [0.25, 0.75]
    lines = run_all(replace(made, heat=None), {"GRU": TEN, "LSTM": TEN})
    mine = [
        collected(
            made, line, {"nll": line.test, "nll_1_40": looks[(line.seed or 0) % 2], "nll_41_80": 0.5, "other": 1.0}
        )
        for line in lines
    ]
    again = read_csv(write_csv(mine))
    assert again == mine
    assert "nll_1_40=0.25 nll_41_80=0.5" in write_csv(mine)
    table = build(made, again)
    assert table.rows[1].also == {"nll_1_40": 0.5, "nll_41_80": 0.5}
    assert "nll_" not in markdown(table)
    drawn = svg(table)
    ElementTree.fromstring(drawn)
    assert drawn == svg(build(made, mine))
    for word in ("1–40", "41–80", "length", "GRU", "LSTM", "chance 9.20"):
        assert word in drawn, word
    assert drawn.count(">0.50<") == 4


def collected(made, line, metrics):
    """The line with what `collect` keeps of such test metrics."""
    return line if line.role in ("naive", "tuning") else replace(line, also=_also(made, metrics))


def test_row_numbers_by_hand():
    made, lines = made_table()
    lines[0] = replace(lines[0], test=9.0)
    _, gru, lstm = build(made, lines).rows
    assert gru.value == pytest.approx(8.5)
    assert gru.n == 10
    assert gru.diverged == 0
    assert gru.verdict == "consistent"
    assert gru.settings == ("optimizer.learning_rate=0.01",)
    assert gru.budget == "2 rates x 1 seed"
    assert gru.openings == 10
    assert gru.hours == pytest.approx(11 * 0.01)
    assert (lstm.n, lstm.diverged, len(lstm.values)) == (10, 2, 8)
    assert lstm.beside_naive == "worse than naive"
    assert not gru.beside_naive
    lines[0] = replace(lines[0], test=8.49)
    _, gru, _ = build(made, lines).rows
    assert gru.beside_naive == "not ahead of naive"  # which its interval spans


def test_everything_comes_back_from_the_csv():
    made, lines = made_table()
    again = read_csv(write_csv(lines))
    assert write_csv(again) == write_csv(lines)
    assert len(again) == len(lines) == 23
    table, twin = build(made, lines), build(made, again)
    for form in (markdown, latex, text, rows_csv, svg):
        assert form(twin) == form(table), form.__name__
    ElementTree.fromstring(svg(table))
    page = markdown(table)
    assert "| 2 of 10 |" in page
    assert "Made | up" in page
    assert page.count("worse than naive") == 1
    assert r"A \& B 2014" in latex(table)
    assert "**" not in page  # a row with runs that diverged is not tested


def test_bold_and_as_many_columns_as_cells():
    made = experiment(also=("mae",), against="GRU", sizes="as published")
    table = build(made, run_all(made, {"GRU": TEN, "LSTM": [value + 1 + 0.01 * k for k, value in enumerate(TEN)]}))
    assert "| **8.50** |" in markdown(table)
    shown = latex(table)
    assert r"\textbf{8.50}" in shown
    columns = re.search(r"begin{tabular}{([lr]+)}", shown)[1]
    counts = {line.replace(r"\&", "").count("&") + 1 for line in shown.splitlines() if " & " in line}
    assert counts == {len(columns)}


def test_edited_lines_are_refused():
    made, lines = made_table()
    turned = [replace(line, valid=9.0) if line.role == "both" else line for line in lines]
    with pytest.raises(DataError, match=r"tuning chose 'optimizer.learning_rate=0.001'"):
        build(made, turned)
    with pytest.raises(DataError, match=r"row 'g/GPU' is not known.*did you mean 'g/GRU'"):
        build(made, [replace(lines[1], row="g/GPU")])
    with pytest.raises(DataError, match=r"x.csv:2: "):
        read_csv(write_csv(lines).replace("naive", "native", 1), "x.csv")


def test_a_row_that_was_never_run_is_not_one_that_diverged():
    made, lines = made_table()
    _, _, lstm = build(made, [line for line in lines if line.row != "g/LSTM"]).rows
    assert (lstm.n, lstm.wanted, lstm.diverged, lstm.settings) == (0, 10, 0, ("",))
    assert not lstm.bold


def test_a_budget_that_was_not_spent_is_not_printed():
    made, lines = made_table()
    lost = next(line for line in lines if line.row == "g/LSTM" and line.role == "tuning")
    with pytest.raises(DataError, match="row g/LSTM: 1 tuning runs are there, its budget is 2 rates x 1 seed"):
        build(made, [line for line in lines if line is not lost])


def test_what_was_not_tested_against_the_best_is_not_bold_with_it():
    made = experiment(sizes="as published")
    third = replace(made.rows[2], label="RNN")
    made = replace(made, rows=(*made.rows, third))
    few = [8.2, 8.9, 8.1, 8.6, *[None] * 6]
    lines = run_all(made, {"GRU": [8.3 + 0.001 * (seed % 3) for seed in range(10)], "LSTM": few, "RNN": TEN})
    assert [row.label for row in build(made, lines).rows if row.bold] == ["GRU"]


def test_parameters_are_those_of_what_is_reported():
    made, lines = made_table()
    bigger = [replace(line, parameters=10 if line.role == "tuning" else line.parameters) for line in lines]
    assert [row.parameters for row in build(made, bigger).rows] == [None, 1000, 1000]


def test_no_naive_row_no_table():
    made, lines = made_table()
    with pytest.raises(ConfigError, match="no naive row"):
        build(made, [line for line in lines if line.role != "naive"])
    with pytest.raises(ConfigError, match="no naive row"):
        replace(made, rows=made.rows[1:])


def test_unequal_budgets_and_sizes_are_refused_unless_said():
    made, lines = made_table()
    rows = (*made.rows[:2], replace(made.rows[2], tune=None))
    with pytest.raises(ConfigError, match="unequal"):
        replace(made, rows=rows)
    assert replace(made, rows=rows, unequal_budgets="as in the paper")
    with pytest.raises(ConfigError, match="unequal seeds, tuning budgets or overrides of training"):
        replace(made, rows=(*made.rows[:2], replace(made.rows[2], overrides=("training.steps=9",))))
    bigger = [replace(line, parameters=2000) if line.row == "g/LSTM" else line for line in lines]
    with pytest.raises(ConfigError, match="GRU 1000, LSTM 2000"):
        build(replace(made, sizes="matched"), bigger)


def test_share_table_counts_diverged_runs_as_unsolved():
    groups = tuple(Group(key=f"d{n}", title=f"delay {n}", panel="Recall", x=float(n)) for n in (10, 20))
    seeds = tuple(range(4))
    rows = [row for g in groups for row in (Row(label="chance", group=g.key, config="c", naive="chance"),
                                            Row(label="RNN", group=g.key, config="c", seeds=seeds))]  # fmt: skip
    made = experiment(groups=groups, rows=tuple(rows), share=Share(threshold=0.95), higher_is_better=True)
    lines = [Line(row=f"{g.key}/chance", role="naive", test=0.125) for g in groups]
    for g, tests in zip(groups, ((1.0, 0.95, 0.94, None), (0.1, 0.2, 0.1, 0.1)), strict=True):
        for seed, test in enumerate(tests):
            status = {"status": "diverged"} if test is None else {"status": "finished", "test": test}
            lines.append(Line(row=f"{g.key}/RNN", role="final", run=f"{g.key}{seed}", seed=seed, **status))
    table = build(made, read_csv(write_csv(lines)))
    assert [row.solved for row in table.rows] == [None, 2, None, 0]
    assert "2 of 4 seeds" in markdown(table)
    assert "0.12 nll" in markdown(table)
    assert svg(table) == svg(table)
    assert "share of seeds" in svg(table)


def test_merge_replaces_whole_groups():
    old = [Line(row="a/x", role="naive", test=1.0), Line(row="b/x", role="naive", test=1.0)]
    new = [Line(row="b/x", role="naive", test=2.0)]
    assert [(line.row, line.test) for line in merge(old, new)] == [("a/x", 1.0), ("b/x", 2.0)]


@pytest.mark.parametrize("path", sorted(EXPERIMENTS.glob("*.py")), ids=lambda path: path.stem)
def test_shipped_experiments_ask_for_runs(path):
    made = read(path)
    part = made.narrowed()
    assert made.name == path.stem
    assert part.tuning_runs()
    chosen = {row.key: tuple(settings(row)[: row.take]) for row in part.trained()}
    assert len(part.final_runs(chosen)) == sum(row.take for row in part.trained())
    with pytest.raises(ConfigError, match="group 'nosuch' is not known"):
        made.narrowed(["nosuch"])


def test_further_metrics_are_kept_and_printed() -> None:
    tiny = Experiment(
        name="tiny", title="Tiny", claim="", metric="mse", higher_is_better=False, also=("mae", "absent"),
        groups=(Group(key="a", title="A"),),
        rows=(
            Row(label="chance", group="a", config="x", naive="chance"),
            Row(label="RNN", group="a", config="x", seeds=(0, 1)),
        ),
    )  # fmt: skip
    lines = [Line(row="a/chance", role="naive", test=1.0, also={"mae": 0.5})] + [
        Line(
            row="a/RNN", role="final", run=f"r{seed}", seed=seed, status="finished", test=0.5, also={"mae": 0.1 + seed}
        )
        for seed in (0, 1)
    ]
    assert [line.also for line in read_csv(write_csv(lines))] == [line.also for line in lines]
    table = build(tiny, lines)
    assert [row.also["mae"] for row in table.rows] == pytest.approx([0.5, 0.6])
    for page in (markdown(table), latex(table), text(table)):
        assert "mae" in page
        assert "0.6" in page
