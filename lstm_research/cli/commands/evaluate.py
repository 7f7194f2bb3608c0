"""Evaluate the best parameters of finished runs on a split. Every opening of test is written down and counted."""

import argparse
from typing import Any

SUMMARY = "evaluate finished runs on a split"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="id, or a unique beginning of it")
    parser.add_argument("--split", required=True, choices=("train", "valid", "test"), help="what to evaluate on")
    parser.add_argument("--trust-code", action="store_true", help="import the modules that dotted kinds name")


def act(options: Any) -> int:
    """Returns the exit code."""
    from lstm_research.cli import session
    from lstm_research.types import ConfigError

    store = session.store_of(options)
    records = list({record.run: record for record in map(store.record, options.runs)}.values())
    if lost := [record.run for record in records if record.best_step is None]:
        raise ConfigError(f"run {lost[0]} diverged before its first evaluation: there is nothing to evaluate")

    from lstm_research.cli.finish import finishing
    from lstm_research.launch.evaluate import evaluate

    session.prepare(records[0].config["execution"]["device"])
    with finishing() as watch:
        tasks = session.tasks_of(options)
        found = evaluate(records, options.split, store, tasks, watch, trust_code=options.trust_code)
    for evaluation in found:
        select = next(record.select for record in records if record.run == evaluation.run)
        metrics = session.ordered(evaluation.metrics, select)
        values = ", ".join(f"{name} {value:.6g}" for name, value in metrics.items())
        counts = ", ".join(dict.fromkeys(f"{count:,.0f}" for count in evaluation.counts.values()))
        print(f"{evaluation.run}  {options.split} {values}  (step {evaluation.step}, means over {counts})")
    if options.split == "test":
        opened = store.test_openings(record.run for record in records)
        print(f"test was opened {session.count(opened, 'time')} for {session.count(len(records), 'run')} so far")
    return 0
