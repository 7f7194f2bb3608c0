"""Make an experiment's table: run what is missing, choose on validation, open test once, print and write.

    lstm-research table chung2014_music --only jsb
    lstm-research table memory --quick

Written under --out: NAME.md, NAME.tex, NAME.csv (rows), NAME.runs.csv (a line per run), NAME.svg. Groups that --only
leaves out stay as they are there. Where --out holds the experiment's own file, they go to tables/, results/, figures/.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from lstm_research.cli import crew

SUMMARY = "make an experiment's table: published beside ours"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("name", metavar="TABLE", help="name or path of an experiment (see `list tables`)")
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="execution.x=value", help="how to run; numbers stay the same"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="GROUP", help="this group alone (or a pattern); again for more"
    )
    parser.add_argument("--quick", action="store_true", help="the short form")
    parser.add_argument("--dry-run", action="store_true", help="say what would run and what it would cost")
    parser.add_argument("--committed", action="store_true", help="from the committed numbers; nothing is run")
    parser.add_argument("--reuse-committed", action="store_true", help="runs among the committed numbers count as done")
    parser.add_argument("--out", type=Path, default=Path("tables"), metavar="DIR", help="where to write (./tables)")
    crew.add(parser)


def act(options: Any) -> int:
    """Returns the exit code."""
    from lstm_research.config import paths
    from lstm_research.launch import report
    from lstm_research.results.experiment import read
    from lstm_research.types import ConfigError

    crew.check(options)
    path = paths.find("experiments", options.name)
    whole = read(path)
    for word in options.overrides:
        if word in {group.key for group in whole.groups}:
            raise ConfigError(f"{word!r} is a group of {options.name}; each is named by its own: --only {word}")
    experiment = whole.narrowed(options.only, quick=options.quick)
    committed = []
    if options.committed or options.reuse_committed:
        committed = report.committed(path, experiment, whole, options.only, must=options.committed)
    if options.committed:
        every = whole.narrowed(["*"], quick=options.quick)
        return _show(options, every, every, committed, merge=bool(options.only))
    lines = _gathered(options, experiment, committed)
    if lines is None:
        return 0
    return _show(options, whole.narrowed(["*"], quick=options.quick), experiment, lines, merge=True)


def _gathered(options: Any, experiment: Any, committed: Any) -> Any:
    """The lines of an experiment; None after a dry run."""
    from lstm_research.cli import session
    from lstm_research.launch.table import Requests, expected, gather

    tasks = session.tasks_of(options)
    device = next((o.partition("=")[2] for o in options.overrides if o.startswith("execution.device=")), "auto")
    requests = Requests(tasks, options.overrides, lambda: session.prepare(device, tasks.store, options.jobs))
    if options.dry_run:
        dry_run(expected(experiment, requests, committed), tasks)
        return None

    from lstm_research.cli.finish import finishing

    with finishing() as watch, crew.crew(options, tasks, watch):
        return gather(experiment, requests, watch, committed)


def dry_run(runs: Any, tasks: Any) -> None:
    """Print what a table would run."""
    from lstm_research.cli import session
    from lstm_research.launch.plan import make_plan

    tuning, final, openings = runs
    first = {run.id for run in tuning}
    later = [run for run in final if run.id not in first]
    for what, some in (("to choose settings", tuning), ("to report (any setting stands for the chosen one)", later)):
        if some:
            print(f"{what}: {session.dry_run(make_plan(some, tasks), tasks, len(some))}")
    print(f"then test is opened {session.count(openings, 'time')}: once for each reported run that lacks it")


def _show(options: Any, every: Any, experiment: Any, lines: Any, *, merge: bool) -> int:
    from lstm_research.launch import report
    from lstm_research.results.render import text
    from lstm_research.results.table import build

    print(text(build(experiment, lines), colour=sys.stdout.isatty()))
    places = report.places(options.out, every.name.removesuffix("_quick"), every.name)
    for line in report.write(every, lines, places, merge=merge):
        print(line, file=sys.stderr)
    return 0
