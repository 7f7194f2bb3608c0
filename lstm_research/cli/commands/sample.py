"""What a finished run writes: a language model goes on with a text, token by token.

    lstm-research sample 3f2a --prompt "ROMEO:" --temperature 0.8 --tokens 300
    lstm-research sample 3f2a --temperature 0                    # the most probable token each time

The same seed gives the same text. Tokens are characters or words, as the run was trained on.
"""

import argparse
from typing import Any

SUMMARY = "go on with a text, by a finished run of a language model"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("run", metavar="RUN", help="id, or a unique beginning of it")
    parser.add_argument("--prompt", default="", metavar="TEXT", help="what the text begins with; by default nothing")
    parser.add_argument("--tokens", type=int, default=300, metavar="N", help="tokens to write; by default 300")
    parser.add_argument(
        "--temperature", type=float, default=1.0, metavar="T", help="0: the most probable; by default 1"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of what is drawn; by default 0")
    parser.add_argument("--trust-code", action="store_true", help="import the modules that dotted kinds name")


def act(options: Any) -> int:
    """Returns the exit code."""
    from lstm_research.cli import session
    from lstm_research.types import ConfigError

    if options.tokens < 1:
        raise ConfigError(f"--tokens {options.tokens}: nothing to write; give 1 or more")
    if not 0 <= options.temperature < float("inf"):
        raise ConfigError(f"--temperature {options.temperature:g}: give 0 or a positive number, such as 0.8")
    if not 0 <= options.seed < 2**32:
        raise ConfigError(f"--seed {options.seed}: give a number from 0 to {2**32 - 1}")
    store = session.store_of(options)
    record = store.record(options.run)
    session.prepare(record.config["execution"]["device"])

    from lstm_research.cli.finish import finishing
    from lstm_research.launch.sample import sample

    with finishing() as watch:
        written = sample(
            record, store, session.tasks_of(options), watch, prompt=options.prompt, tokens=options.tokens,
            temperature=options.temperature, seed=options.seed, trust_code=options.trust_code,
        )  # fmt: skip
    print(options.prompt + written)
    return 0
