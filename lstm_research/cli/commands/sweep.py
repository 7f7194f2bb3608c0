"""Run every setting of a sweep file, over its seeds, and rank them on validation.

    lstm-research sweep jsb --dry-run

Several processes may be given the same sweep: each population is trained by one of them, and all end with the whole
result. The test split is never opened; `lstm-research evaluate RUN --split test` does that.
"""

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lstm_research.launch.sweep import Trial
    from lstm_research.results.record import Record

SUMMARY = "run the settings of a sweep, and rank them on validation"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("name", metavar="SWEEP", help="name of a file in configs/sweeps, or a path")
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="a.b=value", help="override a field of every config"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would run and what it would cost")


def act(options: Any) -> int:
    """Returns the exit code."""
    from lstm_research.launch.sweep import load_sweep

    trials = load_sweep(options.name, options.overrides)

    from lstm_research.cli import session
    from lstm_research.cli.finish import finishing
    from lstm_research.launch.plan import make_plan

    session.prepare(trials[0].config.execution.device)
    tasks = session.tasks_of(options)
    runs = [tasks.runs(trial.config) for trial in trials]
    every = [run for some in runs for run in some]
    asked = len({run.id for run in every})
    plan = make_plan(every, tasks.store)
    if options.dry_run:
        print(session.dry_run(plan, tasks, asked))
        return 0

    from lstm_research.launch.execute import complete

    with finishing() as watch:
        watch.say(session.plan_told(plan, asked))
        records = complete(every, tasks.store, tasks, watch)
    print(leaderboard(trials, [[records[run.id] for run in some] for some in runs]))
    return 0


def leaderboard(trials: "Sequence[Trial]", records: "Sequence[Sequence[Record]]") -> str:
    """Settings from best to worst mean validation value; those with a diverged run come last and are never first."""
    from lstm_research.cli.session import aligned
    from lstm_research.results.selection import best_index, score

    rows = []
    for trial, some in zip(trials, records, strict=True):
        values = [score(record, record.select) for record in some if record.status == "finished"]
        mean = sum(values) / len(values) if len(values) == len(some) else None
        rows.append((mean, trial, some, values))
    higher = records[0][0].higher_is_better
    order = []
    left = list(range(len(rows)))
    while (place := best_index([rows[i][0] for i in left], higher)) is not None:
        order.append(left.pop(place))
    lines = []
    for rank, index in enumerate([*order, *left], start=1):
        mean, trial, some, values = rows[index]
        lines.append([
            rank if mean is not None else "–",
            f"{mean:.5g}" if mean is not None else "–",
            f"{min(values):.5g} to {max(values):.5g}" if values else "–",
            len(some), len(some) - len(values), f"{some[0].parameters:,}",
            " ".join(trial.overrides) or "as configured",
        ])  # fmt: skip
    head = ["rank", f"valid {records[0][0].select}", "range", "seeds", "diverged", "parameters", "setting"]
    return aligned(head, lines)
