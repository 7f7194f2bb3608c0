"""What is said of rows whose settings were searched: effort, setting by setting against one row, what mattered."""

import math
from collections.abc import Iterator, Sequence

from lstm_research.results.against import by_setting
from lstm_research.results.experiment import Experiment
from lstm_research.results.statistics import expected_best, worst_of
from lstm_research.results.swept import Setting, importances
from lstm_research.results.table import TableRow


def searched(experiment: Experiment, group: str, rows: Sequence[TableRow]) -> Iterator[str]:
    """Notes on a group whose settings were searched."""
    yield from _effort(group, rows)
    if edges := _edges(rows):
        yield f"{group}, best at an end of what was tried, so that more might lie beyond: {edges}."
    several = [row for row in rows if row.drawn]
    reference = next((row for row in several if row.label == experiment.against), None)
    if reference is not None:
        yield _by_setting(experiment.digits, group, [row for row in several if row is not reference], reference)
    shown = []
    for row in several:
        shares = _importance(row)
        if shares:
            each = ", ".join(f"{name} {share:.2f}" for name, (share, _) in shares.items())
            shown.append(f"{row.label} {each} (R2 {next(iter(shares.values()))[1]:.2f})")
    if shown:
        yield (
            f"{group}, which fields mattered (fANOVA, Hutter et al. 2014): of the variance of a random forest, fitted "
            "to the settings' ranks on validation, the share that a field has by itself; R2 is what the forest knows "
            f"of settings that it has not seen, and near 0 shares are noise: {'; '.join(shown)}."
        )


def _edges(rows: Sequence[TableRow]) -> str:
    """`A, B hidden 128; C learning_rate 0.1`, of numbers of which four at least were tried."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if len(row.tuned) < 4 or not row.settings:
            continue
        tried = [_fields(setting) for setting in row.tuned]
        for name, value in _fields(row.settings[0]).items():
            numbers = {one[name] for one in tried if isinstance(one.get(name), float)}
            if isinstance(value, float) and len(numbers) > 3 and value in (min(numbers), max(numbers)):
                found.setdefault(f"{name.rpartition('.')[2]} {value:g}", []).append(row.label)
    return "; ".join(f"{', '.join(labels)} {what}" for what, labels in found.items())


def _effort(group: str, rows: Sequence[TableRow]) -> Iterator[str]:
    """Expected best validation value against the number of settings tried, where there was a choice."""
    tuned = [row for row in rows if len(row.tuned) > 1]
    if not tuned:
        return
    worst = worst_of((value for row in tuned for value in row.tuned.values()), tuned[0].select_higher)
    shown = []
    for row in tuned:
        counts = [2**k for k in range(len(row.tuned).bit_length())]
        found = [expected_best(list(row.tuned.values()), n, row.select_higher, worst) for n in counts]
        shown.append(f"{row.label} " + ", ".join(f"{value:.4g}" for value in found))
    most = max(len(row.tuned) for row in tuned)
    counted = ", ".join(str(2**k) for k in range(most.bit_length()))
    yield (
        f"{group}, best {tuned[0].select} on validation after {counted} settings tried, as expected (Dodge et al. "
        f"2019; what diverged is worth the worst of all): {'; '.join(shown)}."
    )


def _by_setting(digits: int, group: str, rows: Sequence[TableRow], reference: TableRow) -> str:
    shown = []
    for row in rows:
        shared = [setting for setting in row.tuned if setting in reference.tuned]
        values, others = ([one.tuned[setting] for setting in shared] for one in (row, reference))
        found = by_setting(values, others, row.select_higher)
        p = "–" if math.isnan(found.p) else f"{found.p:.2g}"
        shown.append(f"{row.label} {found.median:+.{digits}f}, better in {found.better} of {found.n}, p {p}")
    return (
        f"{group}, validation value less that of {reference.label} at the same setting (median where neither diverged; "
        f"Wilcoxon's signed rank test over settings, at the seeds of tuning, not adjusted): {'; '.join(shown)}."
    )


def _importance(row: TableRow) -> dict[str, tuple[float, float]]:
    """Field -> (its share, R2); {} where scikit-learn is missing, or next to nothing is known."""
    group = [
        Setting(setting, _fields(setting), None if math.isnan(value) else value, None, ())
        for setting, value in row.tuned.items()
    ]
    found = importances({row.label: group}, row.select_higher)
    names = [one.field.rpartition(".")[2] for one in found]
    return {
        name if names.count(name) == 1 else one.field: (one.fanova, one.known)
        for name, one in zip(names, found, strict=True)
        if not math.isnan(one.fanova)
    }


def _fields(setting: str) -> dict[str, float | str]:
    """Field -> value, of overrides with blanks between them."""
    return {name: _number(value) for name, _, value in (one.partition("=") for one in setting.split())}


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
