"""One run: what it was, how it went, what it was evaluated on."""

import argparse
import json
from typing import Any

SUMMARY = "one run: config, curve, evaluations"

POINTS = 12
"""Lines of the learning curve, at most."""


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("run", metavar="RUN", help="id, or a unique beginning of it")


def act(options: Any) -> int:
    """Returns the exit code."""
    from lstm_research.cli import session

    store = session.store_of(options)
    record = store.record(options.run)
    print(session.told(record))
    print(f"population  {store.folder(record.population)}")
    print(f"parameters  {record.parameters:,}")
    print(f"seconds     {record.seconds:.1f}")
    print(f"data        {record.data_digest or 'generated from the config'}")
    environment = store.population(record.population).get("environment", {})
    print(f"made with   {environment.get('packages', {})} on {', '.join(environment.get('devices', []))}")
    changes = ", with changes" if environment.get("difference") else ""
    print(f"commit      {environment.get('commit') or 'unknown'}{changes}")
    print("config")
    for section, values in record.config.items():
        if isinstance(values, dict):
            given = {key: value for key, value in values.items() if value is not None}
            print(f"  {section}: {json.dumps(given)}")
    _curve([row for row in store.metrics(record.population) if row.get("run") == record.run])
    for evaluation in store.evaluations(record.run):
        values = ", ".join(f"{name} {value:.6g}" for name, value in evaluation.metrics.items())
        print(f"evaluated on {evaluation.split}: {values}")
    print(f"test was opened {session.count(store.test_openings([record.run]), 'time')}")
    return 0


def _curve(rows: list[dict[str, Any]]) -> None:
    from lstm_research.cli.session import aligned

    if not rows:
        return
    names = list(rows[0]["valid"])
    every = max(1, -(-len(rows) // POINTS))
    shown = [row for index, row in enumerate(rows) if index % every == 0 or index == len(rows) - 1]
    table = [
        [row["step"], _number(row["train_loss"]), *(_number(row["valid"][name]) for name in names)] for row in shown
    ]
    print(aligned(["step", "train loss", *(f"valid {name}" for name in names)], table))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.5g}"
