"""A table as an SVG figure: points with intervals beside the published values, share solved along an axis, or a map."""

import io
import math
from collections.abc import Callable
from typing import Any

from lstm_research.results.rows import Heat
from lstm_research.results.table import Table, TableRow

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe & Ito 2008: told apart by colour-blind readers; markers differ as well."""
MARKERS = ("o", "s", "^", "D", "v", "P")
STYLE: Any = {"svg.hashsalt": "lstm_research", "svg.fonttype": "none", "font.size": 9, "axes.spines.top": False,
         "axes.spines.right": False, "figure.dpi": 100}  # fmt: skip


def svg(table: Table) -> str:
    """The figure of a table as SVG text."""
    along = any(row.group.x is not None for row in table.rows)
    draw = _heat if table.experiment.heat is not None else _shares if along else _points
    return as_svg(lambda figure: draw(figure, table))


def as_svg(draw: Callable[[Any], None]) -> str:
    """What is drawn into a figure, as SVG text: the same bytes for the same drawing and version of matplotlib."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _panels(table: Table) -> dict[str, list[TableRow]]:
    panels: dict[str, list[TableRow]] = {}
    for row in table.rows:
        panels.setdefault(row.group.panel or row.group.title, []).append(row)
    return panels


def _points(figure: Any, table: Table) -> None:
    """A panel per group, a line per row: every seed small, mean with interval, published value as a cross."""
    panels = _panels(table)
    figure.set_size_inches(1 + 4.2 * len(panels), 2.8)
    for axes, (title, rows) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        labels = [row.label for row in rows]
        rules = sum(row.naive for row in rows)
        for place, row in enumerate(rows):
            look = (place - rules) % len(COLOURS)
            colour = "#777777" if row.naive else COLOURS[look]
            low, high = row.interval
            axes.plot(list(row.values.values()), [place + 0.2] * len(row.values), ".", color=colour, ms=4, alpha=0.5)
            if math.isfinite(low):
                axes.plot([low, high], [place, place], color=colour, lw=2)
            if math.isfinite(row.value):
                marker = "|" if row.naive else MARKERS[look]
                axes.plot([row.value], [place], marker, color=colour, ms=10 if row.naive else 5)
            if row.published is not None:
                axes.plot([row.published.value], [place], "x", color="black", ms=6)
        _keep_in_sight(axes, rows)
        axes.set_yticks(range(len(rows)), labels)
        axes.invert_yaxis()
        axes.set_title(title)
    unit = f" ({table.experiment.unit})" if table.experiment.unit else ""
    figure.supxlabel(f"test {table.experiment.metric}{unit}; crosses: published", fontsize=9)


def _keep_in_sight(axes: Any, rows: list[TableRow]) -> None:
    """Scale for what was trained and published; a naive rule far off is written at the edge instead of squeezing it."""
    seen = [value for row in rows for value in row.values.values()]
    seen += [row.published.value for row in rows if row.published is not None]
    if not seen:
        return
    span = max(seen) - min(seen) or 1.0
    near = [row.value for row in rows if row.naive and min(seen) - 2 * span <= row.value <= max(seen) + 2 * span]
    low, high = min(seen + near), max(seen + near)
    low, high = low - 0.06 * (high - low or 1.0), high + 0.06 * (high - low or 1.0)
    axes.set_xlim(low, high)
    for place, row in enumerate(rows):
        if row.naive and math.isfinite(row.value) and not low <= row.value <= high:
            right = row.value > high
            shown = f"{row.value:.1f} \u2192" if right else f"\u2190 {row.value:.1f}"
            axes.text(
                high if right else low, place, shown, ha="right" if right else "left", va="center", color="#777777"
            )


def _shares(figure: Any, table: Table) -> None:
    """A panel per task, a line per model along the groups' axis, with the interval as a band."""
    panels = _panels(table)
    figure.set_size_inches(1 + 3.2 * len(panels), 3)
    labels = list(dict.fromkeys(row.label for row in table.rows if not row.naive))
    drawn = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (title, rows) in zip(drawn, panels.items(), strict=True):
        for index, label in enumerate(labels):
            line = sorted(
                (row.group.x, row.value, *row.interval)
                for row in rows
                if row.label == label and row.group.x is not None and math.isfinite(row.value)
            )
            if not line:
                continue
            x, y, low, high = zip(*line, strict=True)
            colour = COLOURS[index % len(COLOURS)]
            axes.plot(x, y, marker=MARKERS[index % len(MARKERS)], color=colour, label=label, ms=5)
            if len(x) > 1:
                axes.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
            else:
                axes.plot([x[0], x[0]], [low[0], high[0]], color=colour, lw=3, alpha=0.4)
        axes.set_title(title)
        axes.set_xlabel(table.experiment.axis)
        axes.set_xticks(sorted({row.group.x for row in rows if row.group.x is not None}))
        if table.experiment.share is not None:
            axes.set_ylim(-0.03, 1.03)
    drawn[0].set_ylabel("share of seeds that solve" if table.experiment.share else table.experiment.metric)
    drawn[-1].legend(frameon=False)


def _heat(figure: Any, table: Table) -> None:
    """A panel per group: a row per model, a column per metric of the family, means over seeds; rules in the title."""
    heat, panels = table.experiment.heat, _panels(table)
    assert heat is not None
    models = max(sum(not row.naive for row in rows) for rows in panels.values())
    figure.set_size_inches(1.5 + 3.2 * len(panels), 1.6 + 0.35 * models)
    drawn = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (title, rows) in zip(drawn, panels.items(), strict=True):
        trained = [row for row in rows if not row.naive]
        names = [name for name in dict.fromkeys(name for row in trained for name in row.also) if _of(heat, name)]
        values = [[row.also.get(name, math.nan) for name in names] for row in trained]
        rules = ", ".join(f"{row.label} {row.value:.2f}" for row in rows if row.naive)
        axes.set_title(f"{title}\n{rules}", fontsize=9)
        if not names:
            continue
        axes.pcolormesh(values, cmap="viridis", vmin=0, vmax=1, edgecolors="white", linewidth=1)
        axes.set_xticks(_middles(names), [_of(heat, name) for name in names], rotation=45, fontsize=7)
        axes.set_yticks(_middles(trained), [row.label for row in trained])
        axes.invert_yaxis()
        for y, line in enumerate(values):
            for x, value in enumerate(line):
                shown = f"{value:.2f}" if math.isfinite(value) else "–"
                colour = "white" if value <= 0.6 else "black"
                axes.text(x + 0.5, y + 0.5, shown, ha="center", va="center", fontsize=7, color=colour)
    figure.supxlabel(f"{table.experiment.metric} by {heat.axis}; means over seeds", fontsize=9)


def _of(heat: Heat, name: str) -> str:
    """The column of a metric, `accuracy_41_80` -> `41–80`; empty where it is not of the family."""
    return name.removeprefix(heat.prefix).replace("_", "–") if name.startswith(heat.prefix) else ""


def _middles(cells: list[Any]) -> list[float]:
    """Where the middles of cells lie along an axis."""
    return [place + 0.5 for place in range(len(cells))]
