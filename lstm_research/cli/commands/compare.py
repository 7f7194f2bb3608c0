"""Which cell, and is a recurrent network worth it? One table for a config: RNN, GRU and LSTM beside the baselines.

    lstm-research compare csv_forecast data.path=my.csv data.target=y data.time=date

Equal budgets: the same learning rates, seeds and updates for each cell, widths matched by parameters. Settings are
chosen on validation, test is opened once for each reported run. What is finished is not run again.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

SUMMARY = "cells and baselines on one task: which to use, and is a network worth it"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("config", metavar="CONFIG", help="name or path of a config (see `list configs`)")
    parser.add_argument("overrides", nargs="*", default=[], metavar="a.b=value", help="override a field of the config")
    parser.add_argument("--cells", default="rnn,gru,lstm", metavar="A,B", help="cells to compare (rnn,gru,lstm)")
    parser.add_argument(
        "--rates",
        default="0.33,1,3",
        metavar="F,...",
        help="learning rates to try, as factors of the config's (0.33,1,3)",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would run and what it would cost")
    parser.add_argument("--out", type=Path, default=Path("tables"), metavar="DIR", help="where to write (./tables)")


def act(options: Any) -> int:
    """Returns the exit code."""
    from lstm_research.config.load import load

    config = load(options.config, options.overrides)
    factors = _factors(options.rates)

    from lstm_research.cli import session
    from lstm_research.cli.commands.table import dry_run
    from lstm_research.cli.finish import finishing

    session.prepare(config.execution.device)

    from lstm_research.launch import report
    from lstm_research.launch.compare import comparison
    from lstm_research.launch.table import Requests, expected, gather
    from lstm_research.results.advice import advice
    from lstm_research.results.render import text
    from lstm_research.results.table import build

    tasks = session.tasks_of(options)
    cells = [cell.strip() for cell in options.cells.split(",") if cell.strip()]
    say = lambda line: print(line, file=sys.stderr)  # noqa: E731
    experiment = comparison(options.config, options.overrides, cells, factors, tasks, say)
    requests = Requests(tasks)
    if options.dry_run:
        dry_run(expected(experiment, requests), tasks)
        return 0
    with finishing() as watch:
        lines = gather(experiment, requests, watch)
    table = build(experiment, lines)
    print(text(table, colour=sys.stdout.isatty()))
    print(f"\n{advice(table)}")
    for line in report.write(experiment, lines, report.places(options.out, "", experiment.name), merge=False):
        print(line, file=sys.stderr)
    return 0


def _factors(text: str) -> list[float]:
    from lstm_research.types import ConfigError

    try:
        factors = [float(one) for one in text.split(",")]
    except ValueError:
        factors = []
    if not factors or min(factors) <= 0 or len(set(factors)) < len(factors):
        raise ConfigError(f"--rates {text}: needs positive factors, each once, for example 0.33,1,3")
    return factors
