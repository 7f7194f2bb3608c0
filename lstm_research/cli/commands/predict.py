"""What a finished run says of rows that it has never seen, with the scaling that was fitted when it was trained.

    lstm-research predict 3f2a new.csv                    # what comes after the end of each series
    lstm-research predict 3f2a new.csv --every            # at every row with enough before it, beside the truth
    lstm-research predict 7c01 new.wav                    # or a folder of wav files: a class for each
    lstm-research predict 9b44 --text "A film to see."    # of texts, sentences or sources of pairs: this one

The file has the columns of the training data; recordings are brought to the sampling rate of those. Written to --out,
or printed: a line for each forecast, with `low` and `high` where the head gives an interval. Metrics are printed where
the file holds the truth.
"""

import argparse
from pathlib import Path
from typing import Any

SUMMARY = "forecast or classify rows never seen, by a finished run"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("run", metavar="RUN", help="id, or a unique beginning of it")
    parser.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="data in the form of those it was trained on"
    )
    parser.add_argument("--text", metavar="TEXT", help="instead of a FILE: one text, of which blanks part the words")
    parser.add_argument("--every", action="store_true", help="at every row with enough before it, not only at the end")
    parser.add_argument("--out", type=Path, metavar="FILE", help="CSV to write instead of printing")
    parser.add_argument("--trust-code", action="store_true", help="import the modules that dotted kinds name")


def act(options: Any) -> int:
    """Returns the exit code."""
    import csv
    import io
    import sys

    from lstm_research.cli import session
    from lstm_research.types import ConfigError

    if (options.file is None) == (options.text is None):
        raise ConfigError("predict: give a FILE, or --text TEXT, one of the two")
    if options.text is not None and not options.text.strip():
        raise ConfigError("--text: it is empty; give a text")
    store = session.store_of(options)
    record = store.record(options.run)
    session.prepare(record.config["execution"]["device"])

    from lstm_research.cli.finish import finishing
    from lstm_research.launch.predict import predict
    from lstm_research.results import files

    with finishing() as watch:
        lines, metrics = predict(
            record, options.file or options.text, store, session.tasks_of(options), watch,
            every=options.every, trust_code=options.trust_code,
        )  # fmt: skip
    rows = list(lines)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: f"{x:.7g}" if isinstance(x, float) else x for name, x in row.items()} for row in rows)
    if options.out is None:
        print(text.getvalue(), end="")
    else:
        files.replace(options.out, text.getvalue())
        print(f"{session.count(len(rows), 'row')} written to {options.out}")
    if metrics:
        told = ", ".join(f"{name} {value:.5g}" for name, value in session.ordered(metrics, record.select).items())
        print(f"where the truth is known: {told}", file=sys.stderr if options.out is None else sys.stdout)
    return 0
