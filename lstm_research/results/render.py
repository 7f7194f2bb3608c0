"""A table as text: Markdown, LaTeX, CSV of the printed rows, and plain text for a terminal."""

import csv
import io
import math
import re
from collections.abc import Sequence
from itertools import groupby
from statistics import fmean

from lstm_research.results.against import Difference
from lstm_research.results.searched import searched
from lstm_research.results.statistics import Interval, mean_interval
from lstm_research.results.table import Table, TableRow
from lstm_research.results.verdict import CLAIM, PRINT

HEAD = (
    "model",
    "published",
    "ours",
    "95 % interval",
    "n",
    "diverged",
    "parameters",
    "tuning budget",
    "setting",
    "verdict",
)


def head(table: Table) -> tuple[str, ...]:
    """HEAD, the best settings, what the rows are compared with, the further metrics: what the experiment has of it."""
    against, take = table.experiment.against, max(row.take for row in table.experiment.rows)
    less = (f"less {against}", "95 % interval, adjusted p") if against else ()
    top = (f"best {take}", "95 % interval", *less) if take > 1 else ()
    return (*HEAD, *less, *top, *table.experiment.also)


def cells(table: Table, row: TableRow) -> list[str]:
    """What is printed of a row, in the order of `head`; without mark-up."""
    experiment = table.experiment
    less = _difference(row.difference, experiment.digits) if experiment.against else []
    top = []
    if any(one.take > 1 for one in experiment.rows):
        mean = f"{fmean(row.top):.{experiment.digits}f}" if row.top else ""
        top = [mean, _interval(mean_interval(row.top), experiment.digits) if row.top else ""]
        top += _difference(row.top_difference, experiment.digits) if experiment.against else []
    also = [f"{row.also[name]:.4g}" if name in row.also else "" for name in experiment.also]
    return [*_cells(table, row), *less, *top, *also]


def _difference(found: Difference | None, digits: int) -> list[str]:
    if found is None or not math.isfinite(found.mean):
        return ["", ""]
    p = f"{found.p:.2g}" if math.isfinite(found.p) else "–"
    return [f"{found.mean:+.{digits}f}", f"{_interval(found.interval, digits, '+')}, {p}"]


def _interval(interval: Interval, digits: int, sign: str = "") -> str:
    low, high = interval
    return f"{low:{sign}.{digits}f} to {high:{sign}.{digits}f}" if math.isfinite(low) else "–"


def _cells(table: Table, row: TableRow) -> list[str]:
    digits = table.experiment.digits
    published = "" if row.published is None else f"{row.published.value:.{digits}f}"
    if row.published is not None and row.published.spread is not None:
        published += f" ± {row.published.spread:.{digits}f} ({row.published.spread_kind}, n={row.published.n})"
    if row.naive:
        value = f"{row.value:.{digits}f}" + (f" {table.experiment.metric}" if table.experiment.share else "")
        return [row.label, published, value, "", "", "", "", "", "naive", ""]
    ours = f"{row.value:.{digits}f}" if math.isfinite(row.value) else "–"
    if row.solved is not None:
        ours = f"{row.solved} of {row.n} seeds" if row.n else "–"
    n = str(row.n) if row.n == row.wanted else f"{row.n} of {row.wanted}"
    setting = "all diverged" if not row.settings else _setting(row.settings[0])
    said = "; ".join(filter(None, (row.verdict, row.beside_naive)))
    return [
        row.label, published, ours, _interval(row.interval, digits), n,
        f"{row.diverged} of {row.n}" if row.diverged else "0",
        str(row.parameters or ""), row.budget, setting or "as configured", said,
    ]  # fmt: skip


def _setting(overrides: str) -> str:
    """`optimizer.learning_rate=0.1 model.cell.hidden=64` as `learning_rate 0.1, hidden 64`."""
    parts = [one.partition("=") for one in overrides.split()]
    return ", ".join(f"{re.sub(r'^.*[.]', '', name)} {value}" for name, _, value in parts)


def notes(table: Table) -> list[str]:
    """What must be said below the rows: how to read them, sources, and the experiment's own notes."""
    experiment = table.experiment
    trained = [row for row in table.rows if not row.naive]
    if experiment.share is not None:
        sign = ">=" if experiment.higher_is_better else "<="
        said = [
            f"A seed solves a task if {experiment.metric} on test is {sign} {experiment.share.threshold:g}, with the "
            "parameters that were best on validation; a run that diverged does not. Intervals are Wilson's. "
            "Bold: Fisher's exact test between all pairs in a group, Holm over the table, 5 %."
        ]
    else:
        said = [
            f"{experiment.metric}{f' ({experiment.unit})' if experiment.unit else ''} on test, mean over seeds that "
            "finished, "
            f"{'higher' if experiment.higher_is_better else 'lower'} is better. Intervals are Student's t of the mean. "
            "Bold: paired t test by seed between all pairs in a group, Holm over the table, 5 %; "
            f"no bold where nothing separates, with fewer than {PRINT} seeds, or where a run diverged."
        ]
        said.append(
            "Verdict: a published single run is consistent if it lies in our 95 % prediction interval for one run; a "
            f"published mean with spread is compared by Welch's test. Fewer than {CLAIM} seeds: indicative; "
            f"fewer than {PRINT}: none."
        )
    if experiment.against:
        said.append(
            f"less {experiment.against}: difference of means, paired t test by seed"
            + (", of the best settings Welch's test" if any(row.top for row in trained) else "")
            + f"; p adjusted over a group (Holm), intervals not. No p with fewer than {PRINT} seeds, or where a run "
            "diverged."
        )
    openings = sum(row.openings for row in trained)
    runs = sum(len(row.runs) for row in trained)
    hours = math.fsum(row.hours for row in trained)
    said.append(
        f"Settings were selected on validation. The test split was opened {openings} times for {runs} runs. "
        f"Training took {_spent(hours)} of wall time in all, tuning included."
    )
    said.extend(note for group, rows in _groups(table) for note in searched(experiment, group, rows))
    said.extend(
        f"Published: {source}." for source in dict.fromkeys(r.published.source for r in table.rows if r.published)
    )
    said.extend(dict.fromkeys(r.published.note for r in table.rows if r.published and r.published.note))
    if experiment.sizes == "as published":
        said.append("Sizes are as published, not matched by parameter count; parameters are ours.")
    if experiment.sizes == "not matched":
        said.append("Sizes are not matched by parameter count.")
    if experiment.unequal_budgets:
        said.append(f"Unequal budgets: {experiment.unequal_budgets}")
    return [*said, *experiment.notes]


def _spent(hours: float) -> str:
    """`1.50 hours`, `12 minutes`, `40 seconds`."""
    if hours >= 1:
        return f"{hours:.2f} hours"
    return f"{60 * hours:.0f} minutes" if hours >= 1 / 30 else f"{3600 * hours:.0f} seconds"


def markdown(table: Table) -> str:
    """A page: title, claim, a table per group, notes."""
    parts = [f"# {table.experiment.title}", "", table.experiment.claim]
    for group, rows in _groups(table):
        parts += ["", f"## {group}", "", "| " + " | ".join(head(table)) + " |", "|" + "---|" * len(head(table))]
        for row in rows:
            shown = [cell.replace("|", "\\|") for cell in cells(table, row)]
            parts.append("| " + " | ".join(_bold(shown, row, "**{}**")) + " |")
    return "\n".join([*parts, "", *(f"- {note}" for note in notes(table)), ""])


def latex(table: Table) -> str:
    """A `table` environment with booktabs rules; notes follow in a small paragraph."""
    parts = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_tex(table.experiment.title)}}}",
        rf"\label{{tab:{table.experiment.name}}}",
    ]
    columns = "l" + "r" * 6 + "lll" + "r" * (len(head(table)) - len(HEAD))
    parts += [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", " & ".join(map(_tex, head(table))) + r" \\"]
    for group, rows in _groups(table):
        parts += [r"\midrule", rf"\multicolumn{{{len(head(table))}}}{{l}}{{\textit{{{_tex(group)}}}}} \\"]
        for row in rows:
            shown = _bold([_tex(cell) for cell in cells(table, row)], row, r"\textbf{{{}}}")
            parts.append(" & ".join(shown) + r" \\")
    parts += [
        r"\bottomrule",
        r"\end{tabular}",
        r"\par\smallskip\footnotesize " + " ".join(map(_tex, notes(table))),
        r"\end{table}",
    ]
    return "\n".join([*parts, ""])


def rows_csv(table: Table) -> str:
    """The rows as numbers, one per line, with run ids and test values by seed; made from lines, never read for them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = (
        "group",
        "label",
        "naive",
        "published",
        "source",
        "value",
        "low",
        "high",
        "solved",
        "n",
        "wanted",
        "diverged",
    )
    writer.writerow(
        (*columns, "parameters", "budget", "setting", "openings", "verdict", "bold", "hours", "runs", "values")
    )
    for row in table.rows:
        published = ("", "") if row.published is None else (row.published.value, row.published.source)
        numbers = [repr(x) if math.isfinite(x) else "" for x in (row.value, *row.interval)]
        counts = [row.solved, row.n, row.wanted, row.diverged, row.parameters]
        writer.writerow([
            row.group.key, row.label, row.naive, *published, *numbers, *("" if c is None else c for c in counts),
            row.budget, "; ".join(row.settings), row.openings, row.verdict, row.bold,
            repr(row.hours) if math.isfinite(row.hours) else "",
            " ".join(row.runs), " ".join(f"{seed}:{value!r}" for seed, value in sorted(row.values.items())),
        ])  # fmt: skip
    return text.getvalue()


def text(table: Table, *, colour: bool = False) -> str:
    """For a terminal: aligned columns, empty ones left out; bold as * or, with `colour`, as bold."""
    blocks = [(group, [_bold(cells(table, row), row, "{}*") for row in rows]) for group, rows in _groups(table)]
    every = [shown for _, rows in blocks for shown in rows]
    names = head(table)
    used = [i for i in range(len(names)) if any(shown[i] for shown in every)]
    widths = {i: max(len(names[i]), *(len(shown[i]) for shown in every)) for i in used}
    parts = [table.experiment.title, "", "  ".join(names[i].ljust(widths[i]) for i in used).rstrip()]
    for group, rows in blocks:
        parts.append(f"-- {group} " + "-" * max(0, sum(widths.values()) + 2 * len(used) - len(group) - 6))
        for shown in rows:
            line = "  ".join(shown[i].ljust(widths[i]) for i in used).rstrip()
            parts.append(f"\x1b[1m{line}\x1b[0m" if colour and shown[2].endswith("*") else line)
    return "\n".join([*parts, "", *notes(table)]) + "\n"


def _groups(table: Table) -> list[tuple[str, list[TableRow]]]:
    ordered = sorted(table.rows, key=lambda row: table.experiment.groups.index(row.group))
    return [(group.title, list(rows)) for group, rows in groupby(ordered, key=lambda row: row.group)]


def _bold(shown: Sequence[str], row: TableRow, form: str) -> list[str]:
    return [form.format(cell) if row.bold and index == 2 else cell for index, cell in enumerate(shown)]


_TEX = {"\\": r"\textbackslash{}", "±": r"$\pm$", "–": "--", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
        "<": r"\textless{}", ">": r"\textgreater{}", **{c: "\\" + c for c in "&%$#_{}"}}  # fmt: skip


def _tex(cell: str) -> str:
    return "".join(_TEX.get(character, character) for character in cell)
