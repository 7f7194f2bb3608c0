"""One sentence from a table: which row to take, and whether a recurrent network is worth it."""

import math

from lstm_research.results.table import Table, TableRow
from lstm_research.results.verdict import PRINT


def advice(table: Table) -> str:
    """Of a table with one group: what to use, with the numbers that say so.

    A network is worth it where the whole 95 % interval of its mean lies on the better side of the best baseline. Of
    several networks the bold ones are named; where none is bold, nothing separates them, or too few seeds do. The
    baseline is, where the whole interval lies on its worse side.
    """
    experiment, digits = table.experiment, table.experiment.digits
    trained = [row for row in table.rows if not row.naive and math.isfinite(row.value)]
    rules = [row for row in table.rows if row.naive and math.isfinite(row.value)]
    if not trained:
        return "No network finished: every setting diverged. Lower the learning rates."

    def order(row: TableRow) -> float:
        return -row.value if experiment.higher_is_better else row.value

    best, rule = min(trained, key=order), min(rules, key=order)
    bold = [row.label for row in trained if row.bold]
    low, high = best.interval
    worst = low if experiment.higher_is_better else high
    numbers = f"{experiment.metric} {best.value:.{digits}f}"
    numbers += f" [{low:.{digits}f}, {high:.{digits}f}]" if math.isfinite(low) else ""
    numbers += f", {best.diverged} of {best.n} runs diverged" if best.diverged else ""
    against = f"the best baseline, {rule.label}, has {rule.value:.{digits}f}"
    if len(trained) == 1:
        which = f"{best.label} ({numbers})"
    elif bold:
        which = f"{' or '.join(bold)} ({best.label}: {numbers})"
    elif any(row.untested for row in trained):
        few = f"networks are not told apart with fewer than {PRINT} seeds, or where runs diverged"
        which = f"{best.label} ({numbers}; {few})"
    else:
        which = f"{best.label} ({numbers}; no difference between the networks is beyond chance)"
    if not math.isfinite(worst):
        return f"Too few seeds to say: {which}; {against}. Give at least two."
    if (worst > rule.value) if experiment.higher_is_better else (worst < rule.value):
        return f"Use {which}: a recurrent network is worth it here, {against}."
    if order(best) < order(rule):
        return f"Nothing certain: {which} is ahead by less than its seeds vary; {against}."
    if not best.beside_naive.startswith("worse"):
        return f"Nothing certain: {which} is behind by less than its seeds vary; {against}."
    return f"Use {rule.label}: a recurrent network is not worth it here; {against}, the best network is {which}."
