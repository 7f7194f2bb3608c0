"""The parser: global options before or after the command, overrides among the options, faults as one line."""

import argparse
import importlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from lstm_research.config.nearest import unknown
from lstm_research.types import ConfigError

COMMANDS = (
    "run",
    "sweep",
    "table",
    "compare",
    "resume",
    "evaluate",
    "predict",
    "sample",
    "data",
    "list",
    "show",
    "config",
    "runs",
    "query",
    "doctor",
)
"""In the order of `--help`; each is a file of commands/."""

PROGRAM = "lstm-research"


class Parser(argparse.ArgumentParser):
    """Faults are ConfigErrors with the nearest match, instead of a page of usage."""

    def error(self, message: str) -> NoReturn:
        """Raises ConfigError."""
        if match := re.match(r"argument (\S+): invalid choice: '(.*?)' \(choose from (.*)\)", message):
            what, given, names = match.groups()
            raise ConfigError(unknown(what.lower(), given, re.findall(r"[\w.-]+", names)))
        raise ConfigError(f"{message}; see `{self.prog} --help`")


def parse(arguments: Sequence[str]) -> Any:
    """The options, with `act`; None where help was printed. Raises ConfigError."""
    parser = _parser()
    try:
        options, rest = parser.parse_known_args(list(arguments))
    except SystemExit:  # --help and --version, which have printed
        return None
    for word in rest:
        # argparse takes all words of a list at once: those after an option come back as unknown.
        if word.startswith("-") or not hasattr(options, "overrides"):
            raise ConfigError(f"unrecognized argument {word!r}; see `{PROGRAM} {options.command} --help`")
        options.overrides.append(word)
    return options


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="LSTM, GRU or a plain RNN, on your task: fair comparisons with seeds and intervals.",
        epilog=f"`{PROGRAM} COMMAND --help` says more. Exit codes: docs/errors.md.",
        parents=[common()],
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    parser.set_defaults(data_dir=None, runs_dir=None, offline=False, debug=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"lstm_research.cli.commands.{name}")
        made = commands.add_parser(
            name,
            help=module.SUMMARY,
            description=module.__doc__,
            parents=[common()],
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.set_defaults(act=module.act)
        module.add(made)
    return parser


def common() -> Parser:
    """Options that may stand on either side of the command, so without defaults of their own. New ones at every call:
    parsers share the options of a parent, and a default given to one parser would be given to all.
    """
    options = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = options.add_argument_group("everywhere")
    group.add_argument("--data-dir", type=Path, metavar="DIR", help="raw data files (or LSTM_RESEARCH_DATA)")
    group.add_argument("--runs-dir", type=Path, metavar="DIR", help="where runs are kept (or LSTM_RESEARCH_RUNS)")
    group.add_argument("--offline", action="store_true", help="never download; what is not at hand is an error")
    group.add_argument("--debug", action="store_true", help="show tracebacks")
    return options


class _Version(argparse.Action):
    """Looked up when asked for: the metadata of packages is slow to read."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        import lstm_research

        print(f"{PROGRAM} {lstm_research.__version__}")
        parser.exit()
