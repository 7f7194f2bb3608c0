"""Go on with populations that were begun and have no results: all of them, or the one named.

Their configs come from population.json, so nothing else needs to be given. A cell or task of somebody's own (a dotted
kind) is code, and is imported only with --trust-code.
"""

import argparse
from typing import Any

SUMMARY = "go on with what was begun"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("population", nargs="?", metavar="POPULATION", help="name, or a unique beginning of it")
    parser.add_argument("--trust-code", action="store_true", help="import the modules that dotted kinds name")


def act(options: Any) -> int:
    """Returns the exit code; LockedError where the population named is held by another process.

    Without a name, a population that cannot go on does not keep the others from it: faults are told at the end.
    """
    from lstm_research.cli import session

    store = session.store_of(options)
    names = _named(store, options.population)
    if not names:
        print(f"nothing to resume in {store.root}")
        return 0

    from lstm_research.cli.finish import finishing
    from lstm_research.launch.execute import execute
    from lstm_research.launch.plan import Group, recorded_runs
    from lstm_research.types import LabError, LockedError

    tasks = session.tasks_of(options)
    ended: list[Any] = []
    faults: list[LabError] = []
    try:
        with finishing() as watch:
            for name in names:
                try:
                    runs = recorded_runs(store, name, trust_code=options.trust_code)
                    session.prepare(runs[0].config.execution.device, store)
                    ended += execute(Group(name, tuple(runs), resumed=True), store, tasks, watch)
                except LockedError as error:
                    if options.population:
                        raise
                    watch.say(f"left alone: {error}")
                except LabError as error:
                    faults.append(error)
    finally:
        for record in ended:
            print(session.told(record))
    if faults:
        raise type(faults[0])("\n".join(map(str, faults)))
    return 0


def _named(store: Any, beginning: str | None) -> list[str]:
    """The populations to go on with. Raises ConfigError where `beginning` is not that of exactly one."""
    from lstm_research.config.nearest import unknown
    from lstm_research.types import ConfigError

    unfinished: list[str] = store.unfinished()
    if beginning is None:
        return unfinished
    found = [name for name in unfinished if name.startswith(beginning)]
    if len(found) == 1 or beginning in found:
        return [beginning] if beginning in found else found
    if found:
        raise ConfigError(f"population {beginning!r} is short for {len(found)}: {', '.join(found)}")
    if any(name.startswith(beginning) for name in store.populations()):
        raise ConfigError(f"population {beginning!r} is finished; `lstm-research list runs` shows its runs")
    raise ConfigError(f"{unknown('population', beginning, unfinished)} (unfinished ones in {store.root})")
