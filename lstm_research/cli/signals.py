"""Ctrl-C and SIGTERM: while a population trains, the dispatch is finished and the state saved. A second one is obeyed
at once.
"""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}


class Stopped(BaseException):
    """The command was told to stop; str() says how to go on."""

    def __init__(self, exit_code: int, line: str):
        super().__init__(line)
        self.exit_code = exit_code


class Stop:
    """Whether a signal has come."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __call__(self) -> bool:
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """130 or 143."""
        return SIGNALS[signal.Signals(self.signal or signal.SIGINT)]


@contextlib.contextmanager
def terminations() -> Iterator[None]:
    """SIGTERM raises `Stopped`; Ctrl-C raises KeyboardInterrupt by itself."""

    def terminate(number: int, frame: FrameType | None) -> None:
        raise Stopped(143, "terminated; finished runs are kept, and `lstm-research resume` goes on with the others")

    with _handling({signal.SIGTERM: terminate}):
        yield


@contextlib.contextmanager
def graceful() -> Iterator[Stop]:
    """The first signal sets the flag that training looks at after every dispatch; the second stops at once."""
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.signal is not None:
            line = "stopped at once; `lstm-research resume` goes on from the last save"
            raise Stopped(SIGNALS[signal.Signals(number)], line)
        stop.signal = number
        print("stopping after this dispatch, then saving; once more stops at once", file=sys.stderr, flush=True)

    with _handling(dict.fromkeys(SIGNALS, handle)):
        yield stop


@contextlib.contextmanager
def _handling(handlers: dict[signal.Signals, Any]) -> Iterator[None]:
    """Handlers for the time of the body; only the main thread may set them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
