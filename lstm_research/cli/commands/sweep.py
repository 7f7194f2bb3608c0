"""Run every setting of a sweep file, over its seeds, and rank them on validation.

    lstm-research sweep jsb --dry-run
    lstm-research sweep jsb --test         # and open test once, for the best setting of each thing compared
    lstm-research sweep jsb --jobs 4       # in four processes (docs/clusters.md)
    lstm-research sweep report jsb         # of what is finished: leaderboard, which fields mattered, failures, a figure

Several processes may be given the same sweep: each population is trained by one of them, and all end with the whole
result. Given again, it does what is missing. What is compared (`compare` in the file) is ranked apart, each with as
many settings, seeds and updates; `best of n` is what the best of so many of its settings has on validation, as
expected.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_research.cli import crew

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lstm_research.launch.rounds import Outcome
    from lstm_research.results.record import Evaluation

SUMMARY = "run the settings of a sweep, and rank them on validation"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("name", metavar="SWEEP", help="name of a file in configs/sweeps, or a path; or `report SWEEP`")
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="a.b=value", help="override a field of every config"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would run and what it would cost")
    parser.add_argument(
        "--test", action="store_true", help="evaluate the best setting, of each thing compared, on test"
    )
    parser.add_argument("--out", type=Path, default=Path("tables"), metavar="DIR", help="of a report (./tables)")
    crew.add(parser)


def act(options: Any) -> int:
    """Returns the exit code."""
    from lstm_research.launch.sweep import load_sweep

    crew.check(options)
    reporting = options.name == "report" and options.overrides and "=" not in options.overrides[0]
    if reporting:
        options.name = options.overrides.pop(0)
    sweep = load_sweep(options.name, options.overrides)
    trials = sweep.trials()

    from lstm_research.cli import session

    session.prepare(trials[0].config.execution.device, session.store_of(options), options.jobs)

    from lstm_research.cli.board import leaderboard
    from lstm_research.cli.finish import finishing
    from lstm_research.launch.matching import Matching
    from lstm_research.launch.plan import make_plan
    from lstm_research.launch.rounds import conduct, first_runs, most_updates, there

    tasks = session.tasks_of(options)
    trials = sweep.matched(trials, Matching(tasks, sweep.spec.match, sweep.spec.differ))
    rule = sweep.spec.early
    if reporting:
        from lstm_research.cli.report import report

        print(report(Path(options.name).stem, there(trials, rule, tasks), len(trials), sweep.spec.match, options.out))
        return 0
    every = first_runs(trials, rule, tasks)
    asked = len({run.id for run in every})
    plan = make_plan(every, tasks.store)
    if options.dry_run:
        most = most_updates(trials, rule)
        print(session.dry_run(plan, tasks, asked))
        told = f"{session.count(len(trials), 'setting')}, {most:,} updates over all members"
        if rule is not None:
            told += (
                f" at most, {most / most_updates(trials, None):.0%} of training all to the end; the first round above"
            )
        print(told)
        return 0
    with finishing() as watch, crew.crew(options, tasks, watch):
        watch.say(session.plan_told(plan, asked))
        outcomes = conduct(trials, rule, tasks, watch)
        evaluations = _tested(outcomes, tasks, watch) if options.test else []
    print(leaderboard(outcomes, sweep.spec.match, evaluations))
    return 0


def _tested(outcomes: "Sequence[Outcome]", tasks: Any, watch: Any) -> "list[Evaluation]":
    """Of the best setting of each thing compared: what the store has, or test opened now."""
    from lstm_research.cli.board import ranked
    from lstm_research.launch.evaluate import evaluate

    best = [record for one in ranked(outcomes) if (top := one[0]).value is not None for record in top.records]
    there = {one.run: one for one in tasks.store.evaluations() if one.split == "test"}
    left = [record for record in best if record.run not in there]
    there |= {one.run: one for one in evaluate(left, "test", tasks.store, tasks, watch, trust_code=True, again=False)}
    return [there[record.run] for record in best]
