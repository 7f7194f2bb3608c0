"""The leaderboard of a sweep, as text."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from lstm_research.cli.session import aligned
from lstm_research.results.selection import score
from lstm_research.results.statistics import expected_best, mean_interval

if TYPE_CHECKING:
    from lstm_research.launch.rounds import Outcome
    from lstm_research.results.record import Evaluation


def ranked(outcomes: Sequence["Outcome"]) -> list[list["Outcome"]]:
    """Of each thing compared the settings from best to worst mean validation value: those trained to the end first,
    then those that were stopped, the later the better; where a run diverged, last.
    """
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(one.trial.compared, []).append(one)
    sign = 1 if outcomes[0].records[0].higher_is_better else -1

    def worth(one: "Outcome") -> tuple[bool, float, float]:
        until = math.inf if one.stopped is None else float(one.stopped)
        return one.value is not None, until, sign * (one.value or 0.0)

    return [sorted(group, key=worth, reverse=True) for group in groups.values()]


def leaderboard(outcomes: Sequence["Outcome"], match: str, evaluations: Sequence["Evaluation"]) -> str:
    """For each thing compared its settings, best first; then what the best of n settings is worth."""
    metric = outcomes[0].records[0].select
    higher = outcomes[0].records[0].higher_is_better
    early = any(one.stopped is not None for one in outcomes)
    compared = bool(outcomes[0].trial.compared)
    groups = ranked(outcomes)
    parts, curves = [], []
    for group in groups:
        lines = []
        for rank, one in enumerate(group, start=1):
            values = [score(record, metric) for record in one.records if record.status == "finished"]
            size = "" if one.trial.size is None else f" ({one.trial.size:.3f})"
            lines.append([
                rank if one.value is not None else "–",
                f"{one.value:.5g}" if one.value is not None else "–",
                f"{min(values):.5g} to {max(values):.5g}" if values else "–",
                len(one.records), len(one.records) - len(values),
                *([f"{one.stopped:,}" if one.stopped else "end"] if early else []),
                f"{one.records[0].parameters:,}{size}",
                " ".join(one.trial.overrides) or "as configured",
            ])  # fmt: skip
        head = ["rank", f"valid {metric}", "range", "seeds", "diverged", *(["until"] if early else []),
                "parameters", "setting"]  # fmt: skip
        title = [f"{group[0].trial.compared}:"] if compared else []
        parts.append("\n".join([*title, aligned(head, lines)]))
        # A trial that was stopped is worth what it had: an early end is part of the budget.
        ends = [math.nan if one.value is None else one.value for one in group]
        steps = sorted({min(2**k, len(ends)) for k in range(len(ends).bit_length() + 1)})
        curves.append({n: expected_best(ends, n, higher) for n in steps})
    if len(outcomes) > len(curves):
        head = ["best of n", *(str(n) for n in curves[0]), "updates"]
        rows = [
            [group[0].trial.compared or "all", *(f"{value:.5g}" for value in curve.values()),
             f"{sum(one.updates for one in group):,}"]
            for curve, group in zip(curves, groups, strict=True)
        ]  # fmt: skip
        parts.append(aligned(head, rows))
    if compared:
        told = f"matched by {match.replace('_', '-')}, ratio in brackets"
        if match == "as_published":
            told = "sizes as published, not matched"
        same = len({len(group) for group in groups}) == 1
        parts.append(f"{told}; as many {'settings' if same else 'trials, some drawn twice,'} and seeds for each")
    if evaluations:
        parts.append(_test_lines(groups, evaluations, metric))
    return "\n\n".join(parts)


def _test_lines(groups: Sequence[Sequence["Outcome"]], evaluations: Sequence["Evaluation"], metric: str) -> str:
    found = {one.run: one.metrics for one in evaluations}
    rows = []
    for group in groups:
        values = [found[record.run][metric] for record in group[0].records if record.run in found]
        if values:
            low, high = mean_interval(values)
            interval = f"[{low:.5g}, {high:.5g}]" if len(values) > 1 else "–"
            name = group[0].trial.compared or "all"
            rows.append([name, f"{fmean(values):.5g}", interval, len(values), " ".join(group[0].trial.overrides)])
    return aligned(["best on validation", f"test {metric}", "95 % interval", "seeds", "setting"], rows)
