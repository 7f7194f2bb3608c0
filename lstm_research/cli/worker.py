"""One of the processes of --jobs: carries out orders that come on stdin, a line each, and answers each on stdout."""

import json
import os
import sys

from lstm_research.cli.signals import graceful
from lstm_research.types import Interrupted, LabError


def main(parent: int) -> None:
    """Until stdin ends. What is at work when the process `parent` dies is saved and stopped."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    for order in sys.stdin:
        print(json.dumps(answer(order, parent)), file=answers, flush=True)


def answer(order: str, parent: int) -> dict[str, object]:
    """{"step": of what was stopped, or 0, "fault": what went wrong, or ""}."""
    from lstm_research.cli import session
    from lstm_research.cli.progress import watching
    from lstm_research.launch.orders import carry_out, device_of

    session.prepare(device_of(order))
    with graceful() as stop, watching(lambda: stop() or os.getppid() != parent) as watch:
        try:
            carry_out(order, watch)
        except Interrupted as interrupted:
            return {"step": interrupted.step, "fault": ""}
        except LabError as error:
            return {"step": 0, "fault": f"error: {error}"}
        except Exception as error:
            return {"step": 0, "fault": f"error: {type(error).__name__}: {' '.join(str(error).split())[:300]}"}
    return {"step": 0, "fault": ""}


if __name__ == "__main__":
    main(int(sys.argv[1]))
