"""The published data sets: what they are, whether the files at hand are the right ones, and preparing them.

    lstm-research data list
    lstm-research data info ett
    lstm-research data prepare ett/h1 cmapss        # else the first run that needs it does so
    lstm-research data verify                       # every file at hand, and what is prepared; prepares what can be

Files are looked for in --data-dir, else downloaded. Without a NAME, prepare and verify take all sets.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lstm_research.data.paths import DataPaths
    from lstm_research.data.state import Part

SUMMARY = "published data sets: list, info, prepare, verify"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("action", metavar="ACTION", choices=("list", "info", "prepare", "verify"), help=SUMMARY)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a set, such as ett, or a part of one, such as ett/h1")


def act(options: Any) -> int:
    """Returns the exit code: 3 where anything is damaged or, when preparing, missing."""
    from lstm_research.cli import session
    from lstm_research.types import ConfigError

    if options.action == "info" and not options.names:
        raise ConfigError("data info: which set? `lstm-research data list` has them")
    where = session.tasks_of(options).paths
    from lstm_research.data.state import parts

    found = parts(options.names)
    if options.action == "list":
        return _list(found, where)
    if options.action == "info":
        return _info(found, where)
    return max(_checked(part, where, must=options.action == "prepare" or bool(options.names)) for part in found)


def _list(found: "list[Part]", where: "DataPaths") -> int:
    from lstm_research.cli.session import aligned
    from lstm_research.data.state import BUILDERS

    lines = BUILDERS.summaries()
    rows = []
    for dataset in dict.fromkeys(part.dataset for part in found):
        own = [part for part in found if part.dataset == dataset]
        ready = sum(part.is_prepared(where) for part in own)
        rows.append([dataset, f"{ready} of {len(own)}", lines[dataset].removeprefix("TFDS builder of ")])
    print(aligned(["data set", "prepared", "what"], rows))
    return 0


def _info(found: "list[Part]", where: "DataPaths") -> int:
    import importlib

    from lstm_research.data.members import find
    from lstm_research.data.prepared import builder_class

    for dataset in dict.fromkeys(part.dataset for part in found):
        module = importlib.import_module(f"lstm_research.data.builders.{dataset}")
        print(f"{dataset}: {(module.__doc__ or '').removeprefix('TFDS builder of ').strip()}\n")
        print((builder_class(dataset).__doc__ or "").strip())
        for part in (one for one in found if one.dataset == dataset):
            print(f"\n{part.label}: {'prepared' if part.is_prepared(where) else 'not prepared'}")
            for member in part.members:
                at = find(where, member)
                size = "" if member.size is None else f", {member.size:,} bytes, sha256 {member.sha256}"
                print(f"  {member.name}{size}")
                print(f"    {f'at hand: {at[0]}' if at else f'from {member.url}'}")
    return 0


def _checked(part: "Part", where: "DataPaths", *, must: bool) -> int:
    """Verify a part's files, prepare it where they are at hand (or `must`), and count what is in it."""
    from lstm_research.data.prepared import load
    from lstm_research.types import DataError

    try:
        at = part.at_hand(where)
        if not must and not part.is_prepared(where) and None in at.values():
            print(f"{part.label}: not at hand")
            return 0
        prepared = load(part.dataset, part.config, where)
    except DataError as error:
        print(f"{part.label}: {error}")
        return error.exit_code
    counts = ", ".join(f"{split} {_counted(examples)}" for split, examples in prepared.splits.items())
    files = ", ".join(sorted({Path(path).name for path in at.values() if path})) or "no file at hand"
    print(f"{part.label}: {counts}; {files}; digest {prepared.digest[:12]}")
    return 0


def _counted(examples: Sequence[dict[str, Any]]) -> str:
    """`270 (4,274 steps)`: examples, and steps along time or characters of text."""
    total, unit = 0, "steps"
    for example in examples:
        if "text" in example or "source" in example:
            total, unit = total + len(example.get("text", example.get("source", ""))), "characters"
        else:
            total += len(example["values" if "values" in example else "roll"]) // int(example.get("channels", 1))
    return f"{len(examples):,} ({total:,} {unit})"
