"""The leaderboard of a sweep, as text."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from lstm_research.cli.session import aligned
from lstm_research.results.selection import score
from lstm_research.results.statistics import expected_best, mean_interval, worst_of
from lstm_research.results.swept import behind

if TYPE_CHECKING:
    from lstm_research.launch.rounds import Outcome
    from lstm_research.launch.sweep_file import SweepConfig
    from lstm_research.results.record import Evaluation
    from lstm_research.results.store import Store


def ranked(outcomes: Sequence["Outcome"]) -> list[list["Outcome"]]:
    """Of each thing compared the settings from best to worst mean validation value, see `results.swept.behind`."""
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(one.trial.compared, []).append(one)
    higher = outcomes[0].records[0].higher_is_better
    return [sorted(group, key=lambda one: behind(one.value, one.stopped, higher)) for group in groups.values()]


def standing(group: Sequence["Outcome"]) -> tuple[list[str], list[list[str]]]:
    """The settings of one thing compared, ranked, as a table: its head and its rows."""
    metric = group[0].records[0].select
    early = any(one.stopped is not None or one.undecided for one in group)
    several = any(len(one.records) > 1 for one in group)
    rows = []
    for rank, one in enumerate(group, start=1):
        values = [score(record, metric) for record in one.records if record.status == "finished"]
        rows.append([
            str(rank) if one.value is not None else "–",
            f"{one.value:.5g}" if one.value is not None else "–",
            *([interval(one), f"{min(values):.5g} to {max(values):.5g}" if values else "–"] if several else []),
            str(len(one.records)), str(len(one.records) - len(values)),
            *([_until(one)] if early else []),
            f"{one.updates:,}", sized(one),
            " ".join(one.trial.overrides) or "as configured",
        ])  # fmt: skip
    head = ["rank", f"valid {metric}", *(["95 % interval", "range"] if several else []), "seeds", "diverged",
            *(["until"] if early else []), "updates", "parameters", "setting"]  # fmt: skip
    return head, rows


def _until(one: "Outcome") -> str:
    if one.undecided:
        return f"{one.records[0].steps:,} so far"
    return f"{one.stopped:,}" if one.stopped else "end"


def interval(one: "Outcome") -> str:
    """Of the mean, over seeds; "–" for a single one, and where one diverged."""
    low, high = seeds_interval(one)
    return "–" if math.isnan(low) else f"[{low:.5g}, {high:.5g}]"


def seeds_interval(one: "Outcome") -> tuple[float, float]:
    """Of the mean, over seeds; NaN for a single one, and where one diverged."""
    return mean_interval([] if one.value is None else [score(record, record.select) for record in one.records])


def sized(one: "Outcome") -> str:
    """Parameters, and in brackets their ratio to those of the config's own model."""
    size = "" if one.trial.size is None else f" ({one.trial.size:.3f})"
    return f"{one.records[0].parameters:,}{size}"


Schedules = tuple[list[str], list[list[str]]]
"""A table's head and rows."""


def leaderboard(
    outcomes: Sequence["Outcome"], spec: "SweepConfig", asked: Mapping[str, int], came_about: Schedules | None,
    evaluations: Sequence["Evaluation"],
) -> str:  # fmt: skip
    """For each thing compared its settings, best first; then what the best of n settings is worth, where that is known
    (`best_of`), or how the best member of a population came about (`schedules`).

    Args:
      asked: what is compared -> its settings, finished or not.
    """
    compared = bool(outcomes[0].trial.compared)
    groups = ranked(outcomes)
    parts = []
    for group in groups:
        title = [f"{group[0].trial.compared}:"] if compared else []
        parts.append("\n".join([*title, aligned(*standing(group))]))
    if came_about:
        parts.append(aligned(*came_about))
    elif len(outcomes) > len(groups) and (table := best_of(groups, spec, asked)):
        parts.append(aligned(*table))
    if compared:
        parts.append(matched(spec.match, groups, asked))
    if evaluations:
        parts.append(_test_lines(groups, evaluations, outcomes[0].records[0].select))
    return "\n\n".join(parts)


def schedules(outcomes: Sequence["Outcome"], spec: "SweepConfig", store: "Store") -> Schedules | None:
    """Of population-based training: what the best of each thing compared was trained with, its first seed, and up to
    where; None of anything else.
    """
    if spec.search is None or not spec.populated:
        return None
    from lstm_research.launch.population_search import schedule

    rows, names = [], list(spec.search.space)
    every = {record.run: record for record in store.records()}
    for group in ranked(outcomes):
        stages = schedule(group[0].records[0], every, names)
        for (until, values), (_, following) in zip(stages, [*stages[1:], (0, {})], strict=True):
            if values != following:
                rows.append([group[0].trial.compared or "all", f"{until:,}", *(f"{values[name]:g}" for name in names)])
    return ["schedule of the best", "until", *names], rows


def finished(groups: Sequence[Sequence["Outcome"]], asked: Mapping[str, int]) -> str:
    """How many settings are finished, of each thing compared where that differs; "" where all are."""
    there = {group[0].trial.compared: sum(not one.undecided for one in group) for group in groups}
    done, wanted = sum(there.values()), sum(asked.values())
    if done >= wanted:
        return ""
    each = ", ".join(f"{name} {there.get(name, 0)} of {number}" for name, number in asked.items())
    return f"{done} of {wanted} settings are finished" + (f": {each}" if len(asked) > 1 else "")


def best_of(
    groups: Sequence[Sequence["Outcome"]], spec: "SweepConfig", asked: Mapping[str, int]
) -> tuple[list[str], list[list[str]]] | None:
    """What the best of n settings is worth, for n = 1, 2, 4 and so on: a table's head and rows.

    None where settings are not independent, and while some are missing: those that finish first are no fair sample,
    since a population is of one size, or of whatever else sets programs apart.
    """
    if not spec.independent or finished(groups, asked):
        return None
    rows, most = [], max(len(group) for group in groups)
    steps = sorted({min(2**k, most) for k in range(most.bit_length() + 1)})
    higher = groups[0][0].records[0].higher_is_better
    worst = worst_of((one.value for group in groups for one in group if one.value is not None), higher)
    for group in groups:
        ends = [math.nan if one.value is None else one.value for one in group]
        values = [_told(expected_best(ends, n, higher, worst)) if n <= len(ends) else "–" for n in steps]
        rows.append([group[0].trial.compared or "all", *values, f"{sum(one.updates for one in group):,}"])
    return ["best of n", *(str(n) for n in steps), "updates"], rows


def _told(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.5g}"


def matched(match: str, groups: Sequence[Sequence["Outcome"]], asked: Mapping[str, int]) -> str:
    """How what is compared was made comparable."""
    same = bool(finished(groups, asked)) or len({len(group) for group in groups}) == 1
    told = f"matched by {match.replace('_', '-')}, ratio in brackets"
    if match == "as_published":
        told = "sizes as published, not matched"
    return f"{told}; as many {'settings' if same else 'trials, some drawn twice,'} and seeds for each"


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
