"""Show a config as it is resolved: every key, its value, where that comes from, what it means.

lstm-research config show adding model.cell.kind=gru
"""

import argparse
import dataclasses
import json
from typing import Any

SUMMARY = "show a config as it is resolved"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    from lstm_research.cli.arguments import common

    deeds = parser.add_subparsers(dest="deed", metavar="show", required=True)
    show = deeds.add_parser("show", help="every key: value, where it comes from, what it means", parents=[common()])
    show.add_argument("config", metavar="CONFIG", help="name or path")
    show.add_argument("overrides", nargs="*", default=[], metavar="a.b=value", help="override a field of the config")


def act(options: Any) -> int:
    """Returns the exit code."""
    from lstm_research.cli.session import aligned
    from lstm_research.config.describe import describe
    from lstm_research.config.load import draft, overlaid, resolve

    layers = draft(options.config)
    config: Any = resolve(layers, options.overrides)
    places = overlaid(layers, options.overrides).places
    rows = []
    for key in describe(config):
        place = places.get(tuple(key.path.split(".")))
        default = "default" if key.default is not dataclasses.MISSING else ""
        rows.append([key.path, _written(key.value), place or default, key.doc])
    print(aligned(["key", "value", "from", "meaning"], rows))
    return 0


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
