"""Parallel coordinates of a sweep: a line for every setting, through its value of each field and what it reached."""

import math
from collections.abc import Sequence
from typing import Any

from lstm_research.results.sweep_charts import BAD, Chart, cuts, short, shown, ticks
from lstm_research.results.swept import Field, Groups, wide

LIGHT = [[0.0, "#08306b"], [0.5, "#4f8fc4"], [0.95, "#a9c4de"], [0.95, BAD], [1.0, BAD]]
DARK = [[0.0, "#b5e3ff"], [0.5, "#3f7fb0"], [0.95, "#28435a"], [0.95, BAD], [1.0, BAD]]
"""Best to worst: the best stand out from the paper, on either; then, apart, what diverged."""


def parallel(groups: Groups, fields: Sequence[Field], metric: str, higher_is_better: bool) -> Chart:
    """Axes can be dragged, and a part of one chosen. Of its text Plotly takes labels alone for HTML."""
    settings = [one for group in groups.values() for one in group]
    every = []
    if len(groups) > 1:
        place = {name: k for k, name in enumerate(groups)}
        every.append(_named("compared", [place[name] for name, group in groups.items() for _ in group],
                            short(list(groups))))  # fmt: skip
    for field in fields:
        at = [field.place(one.point[field.name]) if field.name in one.point else None for one in settings]
        if field.names and None not in at:
            every.append(_named(field.name, at, field.names))
        else:
            every.append(_numbers(field.name, at, field.log, "–", field.names))
    values = [one.value for one in settings]
    log = wide([value for value in values if value is not None])
    every.append(_numbers(f"valid {metric}", values, log, "diverged", (), below=higher_is_better))
    trace = {
        "type": "parcoords", "dimensions": every, "labelangle": -12 if len(every) > 4 else 0, "labelside": "top",
        "line": {"color": _colours(values, higher_is_better), "cmin": 0.0, "cmax": 1.0, "colorscale": LIGHT},
        "unselected": {"line": {"opacity": 0.08}}, "labelfont": {"size": 13}, "tickfont": {"size": 12},
        "meta": {"dark": DARK},
    }  # fmt: skip
    layout = {"margin": {"l": 90, "r": 70, "t": 80, "b": 30}}
    told = f"A line for each of {len(settings)} settings, from its fields to its validation {metric}."
    return Chart(told, [trace], layout, height=460, least=120 * len(every) + 60)


def _named(label: str, at: Sequence[Any], names: Sequence[str]) -> dict[str, Any]:
    """An axis of names."""
    return {
        "label": shown(label), "values": list(at), "range": [-0.3, len(names) - 0.7],
        "tickvals": list(range(len(names))), "ticktext": cuts(names, 14),
    }  # fmt: skip


def _numbers(
    label: str, at: Sequence[float | None], log: bool, missing: str, names: Sequence[str], below: bool = True
) -> dict[str, Any]:
    """An axis of numbers, with a place beside the range for what has none."""
    there = [math.log10(x) if log else x for x in at if x is not None]
    low, high = min(there), max(there)
    span = high - low or abs(high) or 1.0
    aside = low - 0.15 * span if below else high + 0.15 * span
    if names:
        tickvals, ticktext = list(map(float, range(len(names)))), list(names)
    elif log:
        tickvals = [math.log10(x) for x in ticks(10**low, 10**high)]
        ticktext = [f"{10**x:.3g}" for x in tickvals]
    else:
        tickvals = _round_numbers(low, high) if high > low else [low]
        ticktext = [f"{x:.3g}" for x in tickvals]
    moved = iter(there)
    values = [aside if x is None else next(moved) for x in at]
    if None in at:
        tickvals, ticktext = [*tickvals, aside], [*ticktext, missing]
    ends = [*values, low, high] if high > low else [*values, low - span / 2, high + span / 2]
    return {"label": shown(label), "values": values, "range": [min(ends), max(ends)], "tickvals": tickvals,
            "ticktext": cuts(ticktext, 14)}  # fmt: skip


def _round_numbers(low: float, high: float) -> list[float]:
    """Some five of them between two."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * min((1, 2, 5, 10), key=lambda digit: abs(digit * power - rough))
    return [step * k for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _colours(values: Sequence[float | None], higher_is_better: bool) -> list[float]:
    """0 for the best to 0.9 for the worst quarter, by value, so that a few far off do not make all others equal."""
    losses = [None if value is None else -value if higher_is_better else value for value in values]
    ranked = sorted(loss for loss in losses if loss is not None)
    best, end = ranked[0], ranked[(3 * len(ranked) - 1) // 4]
    return [1.0 if loss is None else 0.9 * min(1.0, (loss - best) / ((end - best) or 1.0)) for loss in losses]
