"""A command of `lstm-research` up to its first training step: prints when its imports and that step were done.

python -m benchmarks.first_step run adding
"""

import json
import sys
import time
from typing import Any

# What `run` and `table` import on their way, so that importing and doing are told apart.
import lstm_research.cli.finish
import lstm_research.cli.main
import lstm_research.cli.session
import lstm_research.launch.evaluate
import lstm_research.launch.execute
import lstm_research.launch.plan
import lstm_research.launch.runtime
import lstm_research.launch.table

import lstm_research.training.program  # isort: skip
from lstm_research.training.population import Population


class _Done(BaseException):
    """The first training step is over; no handler of the command's takes this for an error."""


def main() -> None:
    imported = time.time()
    train = Population.train

    def first(self: Population, state: Any, steps: int) -> Any:
        import jax

        jax.block_until_ready(train(self, state, 1))
        raise _Done

    Population.train = first  # type: ignore[method-assign]
    try:
        lstm_research.cli.main.main(sys.argv[1:])
    except _Done:
        print(json.dumps({"imported": imported, "stepped": time.time()}))


if __name__ == "__main__":
    main()
