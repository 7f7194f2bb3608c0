"""Tend the store.

    lstm-research runs forget RUN     remove a finished run, so that it is made again
    lstm-research runs clean          remove what was begun and never finished, and nobody is training

Openings of the test split stay counted.
"""

import argparse
from typing import Any

SUMMARY = "forget a run, clean what never finished"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    from lstm_research.cli.arguments import common

    deeds = parser.add_subparsers(dest="deed", metavar="forget|clean", required=True)
    forget = deeds.add_parser("forget", help="remove finished runs, so that they are made again", parents=[common()])
    forget.add_argument("runs", nargs="+", metavar="RUN", help="id, or a unique beginning of it")
    deeds.add_parser("clean", help="remove what never finished and nobody is training", parents=[common()])


def act(options: Any) -> int:
    """Returns the exit code."""
    from lstm_research.cli import session

    store = session.store_of(options)
    if options.deed == "clean":
        removed = store.clean()
        print("\n".join(f"removed {name}" for name in removed) or f"nothing to clean in {store.root}")
        return 0
    for run in [store.record(run).run for run in options.runs]:
        store.forget(run)
        print(f"forgot {run}")
    return 0
