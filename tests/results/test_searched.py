"""Rows over searched settings: the best few on test, differences from one row, what mattered."""

import math
import re
from dataclasses import replace

import pytest
from made_results import evaluation, record
from scipy import stats

from lstm_research.results import Experiment, Group, Row, Tune
from lstm_research.results.against import by_seed, by_setting
from lstm_research.results.experiment import Asked
from lstm_research.results.lines import Line, collect, read_csv, write_csv
from lstm_research.results.render import cells, head, latex, markdown, text
from lstm_research.results.selection import choose
from lstm_research.results.statistics import welch_difference
from lstm_research.results.table import build
from lstm_research.types import ConfigError, DataError

RATES = [0.001, 0.3, 0.01, 0.1, 0.03, 0.003]
SETTINGS = tuple(
    f"optimizer.learning_rate={rate!r} model.cell.hidden={hidden}" for rate in RATES for hidden in (16, 32)
)
LOST = SETTINGS[2]  # diverges in B


def study(take: int = 3) -> Experiment:
    rows = [
        Row(label=label, group="g", config="c", tune=Tune(settings=SETTINGS), seeds=tuple(range(5)), take=take)
        for label in "AB"
    ]
    return Experiment(
        name="made", title="Made", claim="A claim.", metric="nll", higher_is_better=False, against="A",
        groups=(Group(key="g", title="Group"),), sizes="as published",
        rows=(Row(label="chance", group="g", config="c", naive="chance"), *rows),
    )  # fmt: skip


def valid(row: str, setting: str, seed: int) -> float:
    """A valley over the learning rate; the hidden size does next to nothing."""
    rate, hidden = (float(one.partition("=")[2]) for one in setting.split())
    return math.log10(rate / 0.03) ** 2 + hidden / 10_000 + seed / 1000 + (0.1 if row == "g/B" else 0.0)


def run_all(made: Experiment) -> list[Line]:
    records = {}

    def ask(requests) -> list[Asked]:
        asked = []
        for one in requests:
            for seed in one.seeds:
                run = f"{one.row} {one.setting} {seed}"
                lost = one.row == "g/B" and one.setting == LOST
                value = valid(one.row, one.setting, seed)
                records[run] = record(run=run, seed=seed, valid=value, status="diverged" if lost else "finished")
                asked.append(Asked(row=one.row, setting=one.setting, seed=seed, run=run))
        return asked

    tuning = ask(made.tuning_runs())
    final = ask(made.final_runs(choose(made, tuning, records)))
    looks = {one.run: evaluation(one.run, value=2 * valid(one.row, one.setting, one.seed) ** 1.5) for one in final}
    return collect(made, tuning, final, records, looks, {"g/chance": {"nll": 9.0}})


def test_the_best_settings_are_tested_and_compared_with_one_row():
    made = study()
    lines = run_all(made)
    assert read_csv(write_csv(lines)) == lines
    table = build(made, lines)
    _, a, b = table.rows
    assert a.settings == tuple(sorted(SETTINGS, key=lambda one: valid("g/A", one, 0))[:3]) == b.settings
    tested = [line for line in lines if line.row == "g/A" and line.role in ("final", "both")]
    assert len(tested) == 5 + 2
    assert sorted(line.setting for line in tested if line.seed) == [a.settings[0]] * 4
    assert list(a.values) == [0, 1, 2, 3, 4]
    assert a.difference is None
    assert b.difference is not None
    assert b.difference.mean == pytest.approx(b.value - a.value)
    assert b.difference.p == pytest.approx(stats.ttest_rel([*b.values.values()], [*a.values.values()]).pvalue)
    assert b.top_difference is not None
    assert b.top_difference.p == pytest.approx(stats.ttest_ind(b.top, a.top, equal_var=False).pvalue)
    columns = dict(zip(head(table), cells(table, b), strict=True))
    assert columns["setting"] == "learning_rate 0.03, hidden 16"
    assert columns["less A"].startswith("+")
    assert columns["best 3"] == f"{sum(b.top) / 3:.2f}"
    notes = markdown(table)
    # In B one setting diverged, in A it did not; B is worse by a tenth at all others.
    assert "B +0.10, better in 0 of 12, p 0.00049" in notes
    rate, hidden = re.search(r"A learning_rate ([.0-9]+), hidden ([.0-9]+) \(R2 0", notes).groups()
    assert float(rate) > 2 * float(hidden)
    # Of six rates the best lies within, of two sizes nothing is said; one rate less, and it is the largest.
    assert "at an end" not in notes
    few = tuple(one for one in SETTINGS if float(one.split()[0].partition("=")[2]) <= 0.03)
    rows = tuple(replace(row, tune=Tune(settings=few)) if row.tune else row for row in made.rows)
    cut = replace(made, rows=rows)
    said = markdown(build(cut, run_all(cut)))
    assert "so that more might lie beyond: A, B learning_rate 0.03." in said
    assert latex(table).count("best 3") == text(table).count("best 3") == 1


def test_final_seeds_may_be_others_than_those_of_tuning():
    """The best three as chosen, at the seed of tuning; the mean of the best over seeds that it was not chosen by."""
    made = study()
    rows = tuple(replace(row, seeds=(3, 4, 5, 6, 7)) if row.naive is None else row for row in made.rows)
    made = replace(made, rows=rows)
    lines = run_all(made)
    _, a, b = build(made, read_csv(write_csv(lines))).rows
    assert list(a.values) == list(b.values) == [3, 4, 5, 6, 7]
    assert len(a.top) == len(b.top) == 3
    opened = {(line.setting, line.seed) for line in lines if line.row == "g/A" and not math.isnan(line.test)}
    bigger = [replace(one, parameters=10) if one.setting != a.settings[0] else one for one in lines]
    assert build(made, bigger).rows[1].parameters == 1000, "of the best setting"
    assert opened == {*((one, 0) for one in a.settings), *((a.settings[0], seed) for seed in a.values)}


def test_no_test_of_few_seeds_nor_of_what_diverged():
    """Fails where three seeds have a p, or those that are left of a row that diverged."""
    nan = math.nan
    few = by_seed({0: 1.0, 1: 2.0, 2: 3.1}, {0: 0.0, 1: 1.0, 2: 2.0})
    assert math.isnan(few.p)
    assert few.interval.low < few.mean < few.interval.high
    lost = by_seed({k: 1.0 + 0.1 * k for k in range(6)}, dict.fromkeys(range(6), 0.0), diverged=True)
    assert all(math.isnan(x) for x in (lost.p, *lost.interval))
    assert by_setting([nan, nan], [nan, nan], higher_is_better=False).n == 0


def test_a_final_run_that_was_not_chosen_is_refused():
    made = study()
    lines = run_all(made)
    worst = max(SETTINGS, key=lambda one: valid("g/A", one, 0))
    astray = [replace(line, role="both", test=1.0) if line.setting == worst else line for line in lines]
    with pytest.raises(DataError, match=r"g/A: final run .* has 'optimizer.learning_rate=0.001"):
        build(made, astray)
    second = next(
        line for line in lines if line.row == "g/A" and line.setting == build(made, lines).rows[1].settings[1]
    )
    with pytest.raises(DataError, match="g/A: final run"):
        build(made, [*lines, replace(second, seed=1, role="final")])


def test_take_and_tune_are_checked():
    with pytest.raises(ConfigError, match="take=13 of 12 settings"):
        study(take=13)
    with pytest.raises(ConfigError, match="path and values, or settings"):
        Tune(path="optimizer.learning_rate", values=(0.1,), settings=SETTINGS)


def test_differences_by_welch_and_by_setting():
    a, b = [1.0, 2.0, 4.0, 3.5], [2.5, 2.0, 9.0]
    interval, p = welch_difference(a, b)
    known = stats.ttest_ind(a, b, equal_var=False)
    assert (*interval, p) == pytest.approx((*known.confidence_interval(), known.pvalue))
    assert math.isnan(welch_difference(a, [1.0])[1])
    nan = math.nan
    found = by_setting([1.0, nan, nan, 3.0], [2.0, 5.0, nan, 1.0], higher_is_better=False)
    assert (found.better, found.n, found.median) == (1, 3, 0.5)
    assert found.p == pytest.approx(stats.wilcoxon([1.0, -3.0, -2.0]).pvalue)
