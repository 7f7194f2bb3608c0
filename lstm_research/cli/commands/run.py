"""Train the runs of a config: one for each of its seeds. What is finished is not run again.

    lstm-research run adding model.cell.kind=gru optimizer.learning_rate=3e-3 seeds=0:5

The test split stays closed unless --test is given, and every opening is counted.
"""

import argparse
from typing import Any

from lstm_research.cli import crew

SUMMARY = "train the runs of a config"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("config", metavar="CONFIG", help="name or path of a config (see `list configs`)")
    parser.add_argument("overrides", nargs="*", default=[], metavar="a.b=value", help="override a field of the config")
    parser.add_argument("--test", action="store_true", help="then open the test split for these runs")
    parser.add_argument("--dry-run", action="store_true", help="say what would run and what it would cost")
    crew.add_hosts(parser)


def act(options: Any) -> int:
    """Returns the exit code; LockedError where another process is at it."""
    from lstm_research.config.load import load

    crew.check_hosts(options)
    config = load(options.config, options.overrides)

    from lstm_research.cli import session
    from lstm_research.cli.finish import finishing
    from lstm_research.launch.plan import make_plan

    crew.join(options)
    session.prepare(config.execution.device, session.store_of(options), processes=options.processes)
    tasks = session.tasks_of(options)
    store = tasks.store
    runs = tasks.runs(config)
    plan = make_plan(runs, tasks)
    if options.dry_run:
        print(session.dry_run(plan, tasks, len(runs)))
        return 0

    from lstm_research.launch.evaluate import evaluate
    from lstm_research.launch.execute import execute

    found = []
    with finishing(silent=options.follows) as watch:
        watch.say(session.plan_told(plan, len(runs)))
        for group in plan.groups:
            execute(group, store, tasks, watch)
        records = store.find(run.id for run in runs)
        if options.test:
            opened = [records[run.id] for run in runs if records[run.id].status == "finished"]
            found = evaluate(opened, "test", store, tasks, watch, trust_code=True)  # as asked for here
    if options.follows:
        return 0
    for run in runs:
        print(session.told(records[run.id]))
    for evaluation in found:
        metrics = session.ordered(evaluation.metrics, records[evaluation.run].select)
        values = ", ".join(f"{name} {value:.5g}" for name, value in metrics.items())
        print(f"{evaluation.run}  test {values}")
    if options.test:
        print(f"test was opened {session.count(store.test_openings(records), 'time')} for these runs so far")
    return 0
