"""Run every setting of a sweep file, over its seeds, and rank them on validation.

    lstm-research sweep jsb --dry-run
    lstm-research sweep jsb --test         # and open test once, for the best setting of each thing compared
    lstm-research sweep jsb --jobs 4       # in four processes (docs/clusters.md)
    lstm-research sweep report jsb         # of what is finished: leaderboard, which fields mattered, failures, a page
    lstm-research sweep export-optuna jsb --out jsb.db      # of what is finished: studies for Optuna's dashboard

Several processes may be given the same sweep: each population is trained by one of them, and all end with the whole
result. Given again, it does what is missing. What is compared (`compare` in the file) is ranked apart, each with as
many settings, seeds and updates; `best of n` is what the best of so many of its settings has on validation, as
expected.
"""

import argparse
import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_research.cli import crew
from lstm_research.types import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lstm_research.launch.rounds import Outcome
    from lstm_research.launch.sweep import Sweep
    from lstm_research.results.record import Evaluation
    from lstm_research.results.store import Store

SUMMARY = "run the settings of a sweep, and rank them on validation"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument(
        "name",
        metavar="SWEEP",
        help="name of a file in configs/sweeps, or a path; or `report SWEEP`, `export-optuna SWEEP`",
    )
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="a.b=value", help="override a field of every config"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would run and what it would cost")
    parser.add_argument(
        "--test", action="store_true", help="evaluate the best setting, of each thing compared, on test"
    )
    parser.add_argument(
        "--out", type=Path, metavar="PATH", help="folder of a report (./tables), or new file of an export"
    )
    crew.add(parser)
    crew.add_hosts(parser)


def act(options: Any) -> int:
    """Returns the exit code."""
    from lstm_research.launch.sweep import load_sweep

    crew.check(options)
    crew.check_hosts(options)
    of_finished = ""
    if options.name in ("report", "export-optuna") and options.overrides and "=" not in options.overrides[0]:
        of_finished, options.name = options.name, options.overrides.pop(0)
    if of_finished == "export-optuna" and options.out is None:
        raise ConfigError("sweep export-optuna: no file to write; name it with --out FILE.db")
    sweep = load_sweep(options.name, options.overrides)

    from lstm_research.cli import session
    from lstm_research.cli.board import leaderboard, schedules
    from lstm_research.cli.finish import finishing
    from lstm_research.launch.batches import Batches
    from lstm_research.launch.matching import Matching
    from lstm_research.launch.plan import make_plan
    from lstm_research.launch.rounds import first_runs, most_updates, search, settle
    from lstm_research.launch.stored_plan import keep

    tasks = session.tasks_of(options)
    crew.join(options)
    batches = Batches(sweep, Matching(tasks, sweep.spec.match, sweep.spec.differ))
    session.prepare(batches.device, tasks.store, options.jobs, options.processes)
    rule, budget = sweep.spec.early, batches.budget()
    with sweep.blamed():
        outcomes, left = settle(batches, rule, tasks)
    each = Counter(trial.compared for trials in budget for trial in trials) if left is not None else _counted(outcomes)
    settings = each.total()
    if of_finished:
        print(_finished(of_finished, options, sweep, outcomes, each, tasks.store))
        return 0
    every = [run for trials in batches.asked for run in first_runs(trials, rule, tasks)]
    asked, rounds = len({run.id for run in every}), "first round"
    plan = make_plan(every, tasks)
    if not plan.groups and left is not None:
        asked, rounds, plan = len(left.finished) + left.missing, "next round", left
    if options.dry_run:
        most = sum(most_updates(trials, rule) for trials in budget)
        print(session.dry_run(plan, tasks, asked, measure=True))
        told = f"{session.count(settings, 'setting')}, {most:,} updates over all members"
        if rule is not None:
            whole = sum(most_updates(trials, None) for trials in budget)
            told += f" at most, {most / whole:.0%} of training all to the end; the {rounds} above"
        if len(batches.asked) < batches.number:
            told += " at most" if rule is None else ""  # a setting that is asked for again is not trained again
            told += f"; {len(batches.asked)} of {batches.number} batches above, the others depend on what comes out"
        print(told)
        return 0
    with finishing(silent=options.follows) as watch, crew.crew(options, tasks, watch):
        watch.say(session.plan_told(plan, asked))
        if plan.groups and not options.follows:
            kept = keep(sweep, batches.asked[0], plan, tasks)
            watch.say(f"plan kept: {kept}")
        outcomes = search(batches, rule, tasks, watch)
        evaluations = _tested(outcomes, tasks, watch) if options.test else []
    if not options.follows:
        came_about = schedules(outcomes, sweep.spec, tasks.store)
        print(leaderboard(outcomes, sweep.spec, _counted(outcomes), came_about, evaluations))
    return 0


def _counted(outcomes: "Sequence[Outcome]") -> Counter[str]:
    """Settings of each thing compared, of a sweep that is finished: one that was drawn twice is one."""
    return Counter(one.trial.compared for one in outcomes)


def _finished(
    what: str, options: Any, sweep: "Sweep", outcomes: "Sequence[Outcome]", asked: Mapping[str, int], store: "Store"
) -> str:
    """A report, or an export."""
    if not outcomes:
        raise ConfigError(
            f"sweep {options.name}: nothing of it is finished; `lstm-research sweep {options.name}` runs it"
        )
    name = Path(options.name).stem
    if what == "report":
        from lstm_research.cli.report import report

        out = options.out or Path("tables")
        command = shlex.join(["lstm-research", "sweep", "report", options.name, *options.overrides, "--out", str(out)])
        return report(sweep, outcomes, asked, store, out, command)
    from lstm_research.launch.optuna_file import write

    studies = write(name, sweep.spec, outcomes, options.out)
    return (
        f"written: {options.out}, studies: {studies}, settings: {len(outcomes)} of {sum(asked.values())}; "
        f"`optuna-dashboard sqlite:///{options.out}` shows it"
    )


def _tested(outcomes: "Sequence[Outcome]", tasks: Any, watch: Any) -> "list[Evaluation]":
    """Of the best setting of each thing compared: what the store has, or test opened now."""
    from lstm_research.cli.board import ranked
    from lstm_research.launch.evaluate import evaluate

    best = [record for one in ranked(outcomes) if (top := one[0]).value is not None for record in top.records]
    there = {one.run: one for one in tasks.store.evaluations() if one.split == "test"}
    left = [record for record in best if record.run not in there]
    there |= {one.run: one for one in evaluate(left, "test", tasks.store, tasks, watch, trust_code=True, again=False)}
    return [there[record.run] for record in best]
