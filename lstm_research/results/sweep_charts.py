"""The charts of a sweep's page, as Plotly describes figures: plain data, no Plotly needed to make them.

Colours of paper, grid and text are left to the page, which knows whether it is dark. Text goes through `shown`, since
Plotly reads a little HTML in it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from lstm_research.results.figure import COLOURS
from lstm_research.results.swept import Field, Groups, Importance, Setting, best_of, sensitivity, wide

SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
DASHES = ("solid", "dash", "dot", "dashdot")
BAD = "#DB8A58"
"""Diverged, among lines of other hues."""


@dataclass(frozen=True)
class Chart:
    """One figure of the page."""

    told: str
    """What it shows, for who cannot see it."""
    data: list[dict[str, Any]]
    layout: dict[str, Any]
    height: int = 380
    least: int = 0
    """Pixels of width below which it is scrolled instead of squeezed."""


def look(place: int) -> tuple[str, str, str]:
    """Colour, marker and dash of what is compared: no two of 24 the same."""
    turn, colour = divmod(place, len(COLOURS))
    return COLOURS[colour], SYMBOLS[(colour + turn) % len(SYMBOLS)], DASHES[turn % len(DASHES)]


def shown(text: Any) -> str:
    """Text as it is, in a figure."""
    return escape(str(text), quote=False)


def cut(text: Any, longest: int = 20) -> str:
    """Text that fits beside an axis: of what is longer, the beginning and the end."""
    said = str(text)
    half = longest // 2
    return said if len(said) <= longest else f"{said[:half]}…{said[1 - half :]}"


def cuts(texts: Sequence[Any], longest: int) -> list[str]:
    """Each as `cut`, or all whole where two would become one."""
    found = [cut(text, longest) for text in texts]
    return found if len(set(found)) == len(set(map(str, texts))) else list(map(str, texts))


def short(names: Sequence[str]) -> list[str]:
    """`lstm` for `model.cell.kind=lstm` where all begin alike, `lstm_variant nig` for a mapping; `all` where nothing is
    compared.
    """
    keys = {name.partition("=")[0] for name in names}
    said = [(name.partition("=")[2] if len(keys) == 1 else name) or name or "all" for name in names]
    plain = [" ".join(re.findall(r':"?([^",{}]+)"?', one)) if one.startswith("{") else one for one in said]
    return plain if len(set(plain)) == len(names) else said


def ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 of every power of ten between two values; fewer where there are many powers."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    digits = (1, 2, 5) if len(powers) < 4 else (1, 3) if len(powers) < 5 else (1,)
    inside = [float(f"{digit}e{power}") for power in powers for digit in digits]
    return [x for x in inside if low * 0.999 <= x <= high * 1.001] or [low, high]


def axis(title: str, values: Sequence[float], log: bool) -> dict[str, Any]:
    """An axis of numbers."""
    named: dict[str, Any] = {"title": {"text": shown(title)}}
    if log:
        at = ticks(min(values), max(values))
        named |= {"type": "log", "tickvals": at, "ticktext": [f"{x:g}" for x in at]}
    return named


def values_axis(values: Sequence[float], metric: str) -> dict[str, Any]:
    """Of validation values; by exponents where they lie far apart."""
    return axis(f"valid {metric}", values, wide(values))


def finite(groups: Groups) -> list[float]:
    """Values of all settings that have one."""
    return [one.value for group in groups.values() for one in group if one.value is not None]


def bests(groups: Groups, intervals: Sequence[tuple[float, float]], metric: str) -> Chart:
    """The best setting of each: its seeds, their mean, its interval. `intervals`: one for each, NaN where unknown."""
    data: list[dict[str, Any]] = []
    names = short(list(groups))
    for place, (name, group, (low, high)) in enumerate(zip(names, groups.values(), intervals, strict=True)):
        best, (colour, symbol, _) = group[0], look(place)
        if best.value is None:
            continue
        seeds = [one.valid[metric] for one in best.records]
        data.append({
            "type": "scatter", "mode": "markers", "x": seeds, "y": [place + 0.2] * len(seeds), "hoverinfo": "text",
            "hovertext": [f"seed {one.seed}: {one.valid[metric]:.5g}" for one in best.records],
            "marker": {"color": colour, "size": 6, "opacity": 0.55},
        })  # fmt: skip
        around = {} if math.isnan(low) else {
            "error_x": {"type": "data", "symmetric": False, "array": [high - best.value],
                        "arrayminus": [best.value - low], "color": colour, "thickness": 2, "width": 5}
        }  # fmt: skip
        data.append({
            "type": "scatter", "mode": "markers", "x": [best.value], "y": [place], "hoverinfo": "text",
            "hovertext": [f"{shown(name)}: mean {best.value:.5g}"], **around,
            "marker": {"color": colour, "symbol": symbol, "size": 11},
        })  # fmt: skip
    at = [x for one in data for x in one["x"]]
    # A t interval of two seeds is wide: it may run out of sight rather than squeeze the seeds.
    span = max(max(at) - min(at), 1e-3 * abs(at[0]), 1e-12)
    layout = {
        "xaxis": {"title": {"text": f"valid {shown(metric)}"}, "range": [min(at) - span, max(at) + span]},
        "yaxis": {"tickvals": list(range(len(names))), "ticktext": [shown(cut(name, 32)) for name in names],
                  "range": [len(names) - 0.5, -0.5], "automargin": True},
        "showlegend": False,
    }  # fmt: skip
    told = "Best setting of each thing compared: every seed, mean and 95 % interval."
    return Chart(told, data, layout, height=110 + 44 * len(names))


def slices(groups: Groups, field: Field, metric: str, higher_is_better: bool) -> Chart:
    """Every setting at its value of one field: hollow where it was stopped, a cross at the worst where it diverged."""
    values = finite(groups)
    worst = (min if higher_is_better else max)(values)
    data: list[dict[str, Any]] = []
    for place, (name, group) in enumerate(zip(short(list(groups)), groups.values(), strict=True)):
        colour, symbol, _ = look(place)
        aside = 0.12 * (place - (len(groups) - 1) / 2) if field.names else 0.0
        there = [one for one in group if field.name in one.point]
        data.append({
            "type": "scatter", "mode": "markers", "name": shown(name), "hoverinfo": "text",
            "x": [field.place(one.point[field.name]) + aside for one in there],
            "y": [worst if one.value is None else one.value for one in there],
            "hovertext": [_hover(one) for one in there],
            "marker": {"color": colour, "size": 8, "opacity": 0.8, "line": {"color": colour, "width": 1.5},
                       "symbol": ["x-thin" if one.value is None else symbol + "-open" * (one.stopped is not None)
                                  for one in there]},
        })  # fmt: skip
    x = axis(field.name, [x for one in data for x in one["x"]], field.log)
    if field.names:
        x |= {"tickvals": list(range(len(field.names))), "ticktext": [shown(cut(name)) for name in field.names],
              "range": [-0.5, len(field.names) - 0.5]}  # fmt: skip
    layout = {"xaxis": x, "yaxis": values_axis(values, metric), "showlegend": False}
    return Chart(f"Validation {metric} of every setting over {field.name}.", data, layout, height=320)


def _hover(one: Setting) -> str:
    ended = "diverged" if one.value is None else f"{one.value:.5g}"
    until = "" if one.stopped is None else f", stopped after {one.stopped:,} updates"
    return f"<b>{ended}</b>{until}<br>" + "<br>".join(shown(f"{name} = {value}") for name, value in one.point.items())


def rates(groups: Groups, field: Field, metric: str, higher_is_better: bool) -> Chart:
    """Best and median value over ranges of the learning rate, a pair of lines for each thing compared."""
    rows = sensitivity(groups, field, higher_is_better)
    data = []
    for place, (name, label) in enumerate(zip(groups, short(list(groups)), strict=True)):
        colour, symbol, _ = look(place)
        own = [one for one in rows if one.compared == name]
        for line in ("best", "median"):
            data.append({
                "type": "scatter", "mode": "lines+markers", "name": f"{shown(label)}, {line}", "legendgroup": name,
                "x": [math.sqrt(one.low * one.high) if field.log else (one.low + one.high) / 2 for one in own],
                "y": [getattr(one, line) for one in own], "hoverinfo": "text",
                "hovertext": [f"{shown(label)}, {one.low:.3g} to {one.high:.3g}<br>{line} of {one.settings}: "
                              f"{'–' if y is None else f'{y:.5g}'}, {one.diverged} diverged"
                              for one in own for y in [getattr(one, line)]],
                "line": {"color": colour, "dash": "solid" if line == "best" else "dot", "width": 2},
                "marker": {"color": colour, "symbol": symbol if line == "best" else f"{symbol}-open", "size": 8},
            })  # fmt: skip
    seen = [y for one in data for y in one["y"] if y is not None]
    x = axis(field.name, [x for one in data for x in one["x"]], field.log)
    layout = {"xaxis": x, "yaxis": values_axis(seen, metric)}
    return Chart(f"Best and median validation {metric} over {field.name}.", data, layout)


def best_of_n(groups: Groups, metric: str, higher_is_better: bool) -> Chart:
    """What the best of n settings is worth, as expected and in 8 of 10 cases."""
    data: list[dict[str, Any]] = []
    longest = max(len(group) for group in groups.values())
    curves = best_of(groups, higher_is_better)
    for place, (name, label) in enumerate(zip(groups, short(list(groups)), strict=True)):
        curve = curves[name]
        colour, symbol, dash = look(place)
        common = {"type": "scatter", "x": [one.n for one in curve], "legendgroup": name}
        edge = {**common, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
        data += [
            {**edge, "y": [one.spread.low for one in curve]},
            {**edge, "y": [one.spread.high for one in curve], "fill": "tonexty", "fillcolor": f"{colour}22"},
            {**common, "mode": "lines+markers" if longest <= 12 else "lines", "name": shown(label),
             "y": [one.value for one in curve], "line": {"color": colour, "dash": dash, "width": 2},
             "marker": {"symbol": symbol, "size": 7}, "hovertemplate": "best of %{x}: %{y:.5g}"},
        ]  # fmt: skip
    x = axis("n settings", [1.0, float(longest)], longest > 20)
    layout = {"xaxis": x, "yaxis": {"title": {"text": f"best valid {shown(metric)}"}}}
    return Chart(f"Expected best validation {metric} of n settings, with the middle 80 %.", data, layout)


def importance(rows: Sequence[Importance], groups: Groups, measure: str, title: str) -> Chart:
    """Bars of one measure, a colour for each thing compared."""
    fields = list(dict.fromkeys(row.field for row in rows))
    data = []
    for place, (name, label) in enumerate(zip(groups, short(list(groups)), strict=True)):
        own = {row.field: getattr(row, measure) for row in rows if row.compared == name}
        bars = [own.get(field, math.nan) for field in fields]
        data.append({
            "type": "bar", "orientation": "h", "name": shown(label), "y": [shown(field) for field in fields],
            "x": [None if math.isnan(bar) else bar for bar in bars], "marker": {"color": look(place)[0]},
            "hovertemplate": "%{y}: %{x:.2f}",
        })  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": title}, "rangemode": "tozero"}, "showlegend": len(groups) > 1,
        "yaxis": {"automargin": True, "autorange": "reversed"}, "barmode": "group",
    }  # fmt: skip
    return Chart(f"{title} of each field.", data, layout, height=150 + len(fields) * (22 + 14 * len(groups)))


def learning(curves: Sequence[tuple[str, Sequence[Sequence[tuple[int, float | None]]]]], metric: str) -> Chart:
    """Validation while training. `curves`: label -> for each seed (update, value)."""
    data: list[dict[str, Any]] = []
    for place, (label, seeds) in enumerate(curves):
        colour, _, dash = look(place)
        common = {"type": "scatter", "mode": "lines", "legendgroup": label, "name": shown(label)}
        if len(seeds) > 1:
            for seed in seeds:
                data.append({**common, "x": [x for x, _ in seed], "y": [y for _, y in seed], "showlegend": False,
                             "hoverinfo": "skip", "line": {"color": f"{colour}66", "width": 1}})  # fmt: skip
        steps = sorted({x for seed in seeds for x, _ in seed})
        # Seeds that stopped earlier are no part of the mean any more: only where all are there.
        of = [dict(seed) for seed in seeds]
        means = [[one.get(step) for one in of] for step in steps]
        mean = [sum(row) / len(row) if None not in row else None for row in means]  # type: ignore[arg-type]
        data.append({**common, "x": steps, "y": mean, "line": {"color": colour, "dash": dash, "width": 2.5},
                     "hovertemplate": f"{shown(label)}<br>update %{{x}}: %{{y:.5g}}<extra></extra>"})  # fmt: skip
    # A network that has learnt nothing yet would squeeze the rest.
    start = max(x for one in data for x in one["x"]) / 10
    later = [y for one in data for x, y in zip(one["x"], one["y"], strict=True) if y is not None and x >= start]
    y = values_axis(later, metric)
    low, high = (math.log10(min(later)), math.log10(max(later))) if "type" in y else (min(later), max(later))
    y["range"] = [low - 0.06 * (high - low or 1), high + 0.06 * (high - low or 1)]
    layout = {"xaxis": {"title": {"text": "updates"}}, "yaxis": y}
    return Chart(f"Validation {metric} of the best settings while training: seeds thin, mean thick.", data, layout)
