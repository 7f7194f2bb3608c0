"""Training inside a command: progress shown, signals obeyed, and how to go on said."""

import contextlib
from collections.abc import Iterator

from lstm_research.cli.progress import watching
from lstm_research.cli.signals import Stopped, graceful
from lstm_research.launch.watch import Watch
from lstm_research.types import Interrupted


@contextlib.contextmanager
def finishing(*, silent: bool = False) -> Iterator[Watch]:
    """A watch for the body. Raises `Stopped` once a signal has been obeyed.

    Args:
      silent: say nothing, as one of several processes that would all say the same.
    """
    with graceful() as stop:
        try:
            if silent:
                yield Watch(stop=stop)
            else:
                with watching(stop) as watch:
                    yield watch
        except Interrupted as interrupted:
            saved = f"saved at step {interrupted.step}" if interrupted.step else "nothing was under way"
            raise Stopped(
                stop.exit_code, f"stopped, {saved}; go on with `lstm-research resume`, or with the same command"
            ) from None
