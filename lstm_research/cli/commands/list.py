"""What there is: cells, tasks, data, optimizers and baselines of the package; configs, tables and runs of yours as
well.
"""

import argparse
import ast
from typing import Any

SUMMARY = "cells, tasks, data, optimizers, baselines, configs, tables, runs"

FOLDERS = {
    "cells": "lstm_research.cells",
    "tasks": "lstm_research.tasks",
    "data": "lstm_research.data.sets",
    "optimizers": "lstm_research.training.optimizers",
    "baselines": "lstm_research.baselines",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("what", metavar="WHAT", choices=(*FOLDERS, "configs", "tables", "runs"), help=SUMMARY)


def act(options: Any) -> int:
    """Returns the exit code. Nothing of JAX is imported."""
    if options.what == "runs":
        return _runs(options)
    rows = _files(options.what) if options.what in ("configs", "tables") else _kinds(options.what)
    width = max((len(name) for name in rows), default=0)
    for name, line in rows.items():
        print(f"{name.ljust(width)}  {line}".rstrip())
    return 0


def _kinds(what: str) -> dict[str, str]:
    from lstm_research.config.kinds import Kind

    return Kind(FOLDERS[what]).summaries()


def _files(what: str) -> dict[str, str]:
    """Name -> first sentence of the file's heading."""
    from lstm_research.config import paths

    kind = "configs" if what == "configs" else "experiments"
    found = {}
    for name, path in paths.listing(kind).items():
        text = path.read_text("utf-8", "replace")
        if kind == "configs":
            lines = [line[1:].strip() for line in text.splitlines() if line.startswith("#")]
            heading = " ".join(lines)
        else:
            try:
                heading = " ".join((ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0].split())
            except SyntaxError as error:
                heading = f"(cannot be read: {error.msg}, line {error.lineno})"
        found[name] = heading if len(heading) <= 100 else heading[:99].rpartition(" ")[0] + " …"
    return found


def _runs(options: Any) -> int:
    from lstm_research.cli.session import aligned, count, store_of
    from lstm_research.results.lock import holder

    store = store_of(options)
    rows = []
    for record in store.records():
        value = "–" if record.select not in record.valid else f"{record.valid[record.select]:.5g}"
        rows.append([
            record.run, record.task, record.cell, record.seed, record.status, f"{record.select} {value}",
            record.best_step if record.best_step is not None else "–", record.population,
        ])  # fmt: skip
    if rows:
        print(aligned(["run", "task", "cell", "seed", "status", "valid", "best step", "population"], rows))
    for name in store.unfinished():
        held = holder(store.folder(name))
        state = f"being trained by {held}" if held else "begun; `lstm-research resume` goes on with it"
        print(f"{name}  {count(len(store.population(name).get('runs', [])), 'run')} {state}")
    if not rows and not store.unfinished():
        print(f"no runs in {store.root}")
    return 0
