"""What is said of rows whose settings were searched: effort, setting by setting against one row, what mattered."""

import math
from collections.abc import Iterator, Sequence

from lstm_research.results.against import by_setting
from lstm_research.results.experiment import Experiment
from lstm_research.results.swept import Setting, importances
from lstm_research.results.table import TableRow


def searched(experiment: Experiment, group: str, rows: Sequence[TableRow]) -> Iterator[str]:
    """Notes on a group whose settings were searched."""
    yield from _effort(group, rows)
    several = [row for row in rows if any(" " in setting for setting in row.tuned)]
    reference = next((row for row in several if row.label == experiment.against), None)
    if reference is not None:
        yield _by_setting(experiment.digits, group, [row for row in several if row is not reference], reference)
    shown = []
    for row in several:
        shares = _importance(row)
        if shares:
            shown.append(f"{row.label} " + ", ".join(f"{name} {share:.2f}" for name, share in shares.items()))
    if shown:
        yield (
            f"{group}, share of the variance over all settings that a field has by itself (fANOVA, Hutter et al. 2014; "
            f"settings that diverged left out): {'; '.join(shown)}."
        )


def _effort(group: str, rows: Sequence[TableRow]) -> Iterator[str]:
    """Expected best validation value against the number of settings tried, where there was a choice."""
    tuned = [row for row in rows if len(row.trials) > 1]
    if tuned:
        counts = ", ".join(str(2**k) for k in range(len(tuned[0].trials)))
        shown = "; ".join(f"{row.label} " + ", ".join(f"{value:.3f}" for value in row.trials) for row in tuned)
        yield f"{group}, expected best validation value after {counts} settings tried (Dodge et al. 2019): {shown}."


def _by_setting(digits: int, group: str, rows: Sequence[TableRow], reference: TableRow) -> str:
    shown = []
    for row in rows:
        shared = [setting for setting in row.tuned if setting in reference.tuned]
        values, others = ([one.tuned[setting] for setting in shared] for one in (row, reference))
        found = by_setting(values, others, row.select_higher)
        shown.append(f"{row.label} {found.median:+.{digits}f}, better in {found.better} of {found.n}, p {found.p:.2g}")
    return (
        f"{group}, validation value less that of {reference.label} at the same setting (median where neither diverged; "
        f"Wilcoxon's signed rank test over all, not adjusted): {'; '.join(shown)}."
    )


def _importance(row: TableRow) -> dict[str, float]:
    """Field -> its share; {} where scikit-learn is missing, or next to nothing is known."""
    group = [
        Setting(setting, {name: _number(value) for name, value in (one.split("=", 1) for one in setting.split())},
                None if math.isnan(value) else value, None, ())
        for setting, value in row.tuned.items()
    ]  # fmt: skip
    found = importances({row.label: group}, row.select_higher)
    return {one.field.rpartition(".")[2]: one.fanova for one in found if not math.isnan(one.fanova)}


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
