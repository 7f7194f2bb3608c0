"""Rounds of a sweep: which trials go on, what is trained twice, what is told in between."""

import pytest

from lstm_research.launch.batches import Batches
from lstm_research.launch.early import halving, median
from lstm_research.launch.early._rule import Standing
from lstm_research.launch.execute import complete
from lstm_research.launch.matching import Matching
from lstm_research.launch.rounds import conduct, first_runs, most_updates, settle
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.store import Store
from lstm_research.types import ConfigError, Interrupted


def test_brackets_are_those_of_hyperband():
    """Table 1 of Li et al.: R = 81, eta = 3: 81, 34, 15, 8 and 5 settings."""
    rule = halving.Config(first=1, factor=3, brackets=5)
    assert rule.tournaments(81) == [[1, 3, 9, 27], [3, 9, 27], [9, 27], [27], []]
    assert [round(share) for share in rule.shares(81)] == [81, 34, 15, 8, 5]
    assert halving.Config(first=10).tournaments(100) == [[10, 30, 90]]


def test_halving_keeps_the_best_and_nothing_that_diverged():
    rule = halving.Config(first=1, factor=3)
    values = [0.5, None, 0.1, 0.3, 0.1, 0.9, 0.7]
    standings = [Standing(value, value) for value in values]
    assert [k for k, kept in enumerate(rule.kept(standings, False)) if kept] == [2, 4]
    assert [k for k, kept in enumerate(rule.kept(standings, True)) if kept] == [5, 6]
    assert rule.kept(standings[:2], False) == [True, False]
    assert rule.kept([Standing(None, None)] * 4, False) == [False] * 4


def test_the_median_rule_compares_the_best_with_averages():
    rule = median.Config(first=4, every=2)
    assert rule.tournaments(10) == [[4, 6, 8]]
    standings = [Standing(0.4, 0.9), Standing(0.5, 0.5), Standing(0.7, 0.6), Standing(None, None)]
    assert rule.kept(standings, False) == [True, True, False, False]
    assert rule.kept(standings, True) == [False, False, True, False]


TOURNAMENT = """\
compare: {model.cell.init_scale: [0.5, 1.0]}
search: {trials: 4, space: {optimizer.learning_rate: {low: 0.001, high: 0.1, scale: log}}}
early: {kind: halving, first: 4, factor: 2}
"""


@pytest.mark.slow
def test_a_tournament_trains_the_better_ones_further_and_nothing_twice(sweep, tasks):
    made = sweep(TOURNAMENT)
    trials, rule = made.trials(), made.spec.early
    said = []
    outcomes = conduct(trials, rule, tasks, Watch(say=said.append))
    assert [sorted(one.stopped or 16 for one in outcomes[k : k + 4]) for k in (0, 4)] == [[4, 4, 8, 16]] * 2
    assert sum(one.updates for one in outcomes) == most_updates(trials, rule) == 2 * 2 * (4 * 4 + 2 * 4 + 8)
    assert sum("goes on from" in line for line in said) == 2
    for one in outcomes:
        behind = [other for other in outcomes if other.trial.compared == one.trial.compared and other.stopped == 4]
        assert one.stopped == 4 or all(one.value < other.value for other in behind)
    again = conduct(trials, rule, tasks, Watch(say=lambda line: pytest.fail(line) if "training" in line else None))
    assert [one.records for one in again] == [one.records for one in outcomes]


@pytest.mark.slow
def test_a_tournament_that_is_cut_or_made_longer_ends_the_same(sweep, tasks, tmp_path):
    made = sweep(TOURNAMENT)
    trials, rule, said = made.trials(), made.spec.early, []
    outcomes = conduct(trials, rule, tasks, Watch())
    cut = Tasks(tasks.paths, Store(tmp_path / "cut"))
    for sittings in (2, 3, 2):
        left = iter(range(sittings))
        with pytest.raises(Interrupted):
            conduct(trials, rule, cut, Watch(stop=lambda left=left: next(left, None) is None))
    ended = conduct(trials, rule, cut, Watch())
    for one, other in zip(ended, outcomes, strict=True):
        assert one.stopped == other.stopped
        assert [r.valid for r in one.records] == [r.valid for r in other.records]
    five = sweep(TOURNAMENT.replace("trials: 4", "trials: 5")).trials()
    assert five[:4] == trials[:4]
    assert len(conduct(five, rule, tasks, Watch(say=said.append))) == 10
    (line,) = (line for line in said if "up to 4 steps" in line)
    assert ": 4 runs of" in line, "two seeds of the fifth of each"


BRACKETS = """\
search: {trials: 9, space: {optimizer.learning_rate: {low: 0.001, high: 0.1, scale: log}}}
early: {kind: halving, first: 4, factor: 2, brackets: 3}
seeds: [0]
"""


def test_whoever_goes_on_in_a_bracket_begins_nothing_anew(sweep, tasks):
    """Fails where survivors are put together with those of a later bracket, who begin at 0."""
    made = sweep(BRACKETS)
    trained = {}
    watch = Watch(progress=lambda group, now: trained.setdefault((group.name, len(group.runs)), set()).add(now.step))
    outcomes = conduct(made.trials(), made.spec.early, tasks, watch)
    begun = {name: tasks.store.population(name)["goes_on_from"] for name, _ in trained}
    updates = sum(n * (max(steps) - (begun[name] or {"step": 0})["step"]) for (name, n), steps in trained.items())
    assert updates == sum(one.updates for one in outcomes) == most_updates(made.trials(), made.spec.early)
    assert any(begun.values())


def test_the_most_that_the_median_rule_may_train_is_all(sweep):
    made = sweep("grid: {optimizer.learning_rate: [0.1, 0.01]}\nearly: {kind: median, first: 4, every: 4}\nseeds: [0]")
    assert most_updates(made.trials(), made.spec.early) == 2 * 16


def test_between_rounds_a_sweep_is_not_finished(sweep, tasks):
    """What a rule has stopped is decided, what it keeps is not; the plan is that of the next round."""
    made = sweep(BRACKETS.replace("brackets: 3", "brackets: 1"))

    def batches():
        return Batches(made, Matching(tasks, "parameters", 0.05))

    outcomes, left = settle(batches(), made.spec.early, tasks)
    assert (outcomes, left.missing) == ([], 9)
    complete(first_runs(made.trials(), made.spec.early, tasks), tasks, Watch())
    outcomes, left = settle(batches(), made.spec.early, tasks)
    assert sorted(one.undecided for one in outcomes) == [False] * 5 + [True] * 4
    assert (left.missing, {run.config.training.stop for group in left.groups for run in group.runs}) == (4, {8})
    conduct(made.trials(), made.spec.early, tasks, Watch())
    outcomes, left = settle(batches(), made.spec.early, tasks)
    assert (left, any(one.undecided for one in outcomes)) == (None, False)


def test_trials_of_different_lengths_are_not_compared(sweep, tasks):
    made = sweep("grid: {training.steps: [8, 16]}\nearly: {kind: halving, first: 4}")
    with pytest.raises(ConfigError, match="trials of 8, 16 updates are not comparable"):
        conduct(made.trials(), made.spec.early, tasks, Watch())
    made = sweep("early: {kind: halving, first: 16}")
    with pytest.raises(ConfigError, match=r"no comparison before training\.steps=16; lower first"):
        conduct(made.trials(), made.spec.early, tasks, Watch())
