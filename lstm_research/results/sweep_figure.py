"""A sweep as an SVG figure: a panel for each field that was varied, one for what the best of n settings is worth."""

import math
from collections.abc import Sequence
from typing import Any

from lstm_research.results.figure import COLOURS, MARKERS, as_svg
from lstm_research.results.swept import Field, Groups, best_of

COLUMNS = 3


def svg(groups: Groups, fields: Sequence[Field], metric: str, higher_is_better: bool, *, alone: bool) -> str:
    """The figure as SVG text.

    Args:
      alone: whether the best of n is told, see `launch.sweep_file.SweepConfig.independent`.
    """
    return as_svg(lambda figure: _panels(figure, groups, fields, metric, higher_is_better, alone))


def _panels(
    figure: Any, groups: Groups, fields: Sequence[Field], metric: str, higher_is_better: bool, alone: bool
) -> None:
    panels = len(fields) + alone
    rows, columns = math.ceil(panels / COLUMNS), min(COLUMNS, panels)
    figure.set_size_inches(3.4 * columns, 2.8 * rows)
    every = figure.subplots(rows, columns, squeeze=False).flatten()
    for axes in every[panels:]:
        axes.remove()
    for axes, field in zip(every, fields, strict=False):
        _slice(axes, groups, field, higher_is_better)
        axes.set_xlabel(field.name)
        axes.set_ylabel(f"valid {metric}")
    if not alone:
        if len(groups) > 1 and fields:
            # A key, which the curves would have had.
            marks = [
                every[0].plot([], [], MARKERS[(k + k // len(COLOURS)) % len(MARKERS)], color=COLOURS[k % len(COLOURS)])[
                    0
                ]
                for k in range(len(groups))
            ]
            every[0].legend(marks, list(groups), frameon=False, fontsize=7)
        return
    last = every[len(fields)]
    for place, (name, curve) in enumerate(best_of(groups, higher_is_better).items()):
        colour = COLOURS[place % len(COLOURS)]
        last.plot([one.n for one in curve], [one.value for one in curve], color=colour, label=name or "all")
    last.set_xlabel("best of n settings")
    last.set_ylabel(f"valid {metric}")
    last.legend(frameon=False, fontsize=7)


def _slice(axes: Any, groups: Groups, field: Field, higher_is_better: bool) -> None:
    """Every setting at its value of one field: hollow where it was stopped, a cross at the worst where it diverged."""
    if field.log:
        axes.set_xscale("log")
    if field.names:
        axes.set_xticks(range(len(field.names)), field.names)
        axes.set_xlim(-0.5, len(field.names) - 0.5)
    finite = [one.value for group in groups.values() for one in group if one.value is not None]
    for place, group in enumerate(groups.values()):
        # The marker moves on where colours begin again.
        turn, hue = divmod(place, len(COLOURS))
        colour, marker = COLOURS[hue], MARKERS[(hue + turn) % len(MARKERS)]
        # Names side by side, so that nobody hides the other.
        aside = 0.1 * (place - (len(groups) - 1) / 2) if field.names else 0.0
        there = [(field.place(one.point[field.name]) + aside, one) for one in group if field.name in one.point]
        for face, stopped in ((colour, False), ("none", True)):
            seen = [
                (x, one.value) for x, one in there if one.value is not None and (one.stopped is not None) == stopped
            ]
            if seen:
                axes.plot(*zip(*seen, strict=True), marker, color=colour, mfc=face, ms=4, alpha=0.8)
        bad = [x for x, one in there if one.value is None]
        if bad and finite:
            axes.plot(bad, [min(finite) if higher_is_better else max(finite)] * len(bad), "x", color=colour, ms=5)
