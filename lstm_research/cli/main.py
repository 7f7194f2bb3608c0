"""From arguments to an exit code (docs/errors.md): every fault is one line, and a traceback is for --debug."""

import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from lstm_research.types import LabError

BUG = 1
INTERRUPTED, TERMINATED = 130, 143


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit code.

    0 done, 1 a bug of ours, 2 usage or config, 3 data or checkpoint, 4 held by another process,
    5 resources, 130 interrupted, 143 terminated.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    if sys.platform == "win32":
        _say("lstm-research runs on Linux and macOS; on Windows, run it inside WSL (wsl --install, then in its shell)")
        return 2
    from lstm_research.cli.arguments import parse
    from lstm_research.cli.signals import Stopped, terminations

    try:
        with terminations(), warnings.catch_warnings():
            warnings.showwarning = _warning
            options = parse(given)
            if options is None:
                return 0
            return int(options.act(options))
    except LabError as error:
        if debug:
            traceback.print_exc()
        for line in str(error).splitlines():
            _say(f"error: {line}")
        return error.exit_code
    except Stopped as stopped:
        _say(str(stopped))
        return stopped.exit_code
    except KeyboardInterrupt:
        _say("interrupted; finished runs are kept, and `lstm-research resume` goes on with the others")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away, as `| head` does.
        sys.stderr.close()
        return 0
    except MemoryError:
        _say("error: out of memory; use a smaller training.batch or execution.eval_batch, or set execution.memory_gib")
        return 5
    except Exception as error:
        if debug:
            traceback.print_exc()
        return _unexpected(error, debug)


def _unexpected(error: Exception, debug: bool) -> int:
    """What no LabError foresaw: resources by their names in JAX's messages, the rest is a bug of ours."""
    text = " ".join(str(error).split())[:300]
    if "RESOURCE_EXHAUSTED" in text:
        _say(
            f"error: out of device memory ({text[:160]}); use a smaller training.batch or execution.eval_batch, or set "
            "execution.memory_gib"
        )
        return 5
    if "Gloo" in text or "coordination service" in text.lower():
        _say(
            f"error: another of the processes that train together was lost ({text[:160]}); give all of them their "
            "commands again, and they go on from the last checkpoint"
        )
        return 5
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}:{last.lineno}"
    hint = "" if debug else "; run it again with --debug for the traceback, and report it"
    _say(f"error: a bug of ours, not of your input: {type(error).__name__}: {text or 'no message'} ({where}){hint}")
    return BUG


def _warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """One line for a warning of ours; those that libraries give each other are not the user's business."""
    if category is UserWarning and "lstm_research" in Path(filename).parts:
        _say(f"warning: {message}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
