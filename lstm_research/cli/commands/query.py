"""SQL over the store (DuckDB): tables runs, evaluations, metrics.

lstm-research query "SELECT cell, count(*), avg((valid->>'$.nll')::DOUBLE) FROM runs GROUP BY cell"
lstm-research query "DESCRIBE runs"
"""

import argparse
from typing import Any

SUMMARY = "SQL over the runs"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("sql", metavar="SQL", help="one query over runs, evaluations and metrics")
    parser.add_argument("--csv", action="store_true", help="as CSV")


def act(options: Any) -> int:
    """Returns the exit code."""
    import csv
    import sys

    from lstm_research.cli.session import aligned, store_of
    from lstm_research.results.query import query

    answer = query(store_of(options), options.sql)
    if options.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([answer.columns, *answer.rows])
    elif answer.columns:
        print(aligned(answer.columns, answer.rows))
    return 0
