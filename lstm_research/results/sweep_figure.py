"""A sweep as an SVG figure: a panel for each field that was varied, one for what the best of n settings is worth."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lstm_research.results.figure import COLOURS, MARKERS, as_svg
from lstm_research.results.statistics import expected_best

COLUMNS = 3


@dataclass(frozen=True)
class Drawn:
    """A setting in the figure."""

    point: Mapping[str, Any]
    """Field -> value."""
    value: float | None
    """Mean of the best validation values; None where a run diverged."""
    stopped: bool


def svg(groups: Mapping[str, Sequence[Drawn]], metric: str, higher_is_better: bool) -> str:
    """The figure as SVG text.

    Args:
      groups: name of what is compared -> its settings.
    """
    return as_svg(lambda figure: _panels(figure, groups, metric, higher_is_better))


def _panels(figure: Any, groups: Mapping[str, Sequence[Drawn]], metric: str, higher_is_better: bool) -> None:
    fields = list(dict.fromkeys(field for group in groups.values() for one in group for field in one.point))
    rows, columns = math.ceil((len(fields) + 1) / COLUMNS), min(COLUMNS, len(fields) + 1)
    figure.set_size_inches(3.4 * columns, 2.8 * rows)
    every = figure.subplots(rows, columns, squeeze=False).flatten()
    for axes in every[len(fields) + 1 :]:
        axes.remove()
    for axes, field in zip(every, fields, strict=False):
        _slice(axes, groups, field, higher_is_better)
        axes.set_xlabel(field)
        axes.set_ylabel(f"valid {metric}")
    last = every[len(fields)]
    for place, (name, group) in enumerate(groups.items()):
        values = [math.nan if one.value is None else one.value for one in group]
        curve = [expected_best(values, n, higher_is_better) for n in range(1, len(values) + 1)]
        last.plot(range(1, len(values) + 1), curve, color=COLOURS[place % len(COLOURS)], label=name or "all")
    last.set_xlabel("best of n settings")
    last.set_ylabel(f"valid {metric}")
    last.legend(frameon=False, fontsize=7)


def _slice(axes: Any, groups: Mapping[str, Sequence[Drawn]], field: str, higher_is_better: bool) -> None:
    """Every setting at its value of one field: hollow where it was stopped, a cross at the worst where it diverged."""
    seen = [one.point[field] for group in groups.values() for one in group if field in one.point]
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in seen)
    names = [] if numbers else sorted({str(value) for value in seen})
    if numbers and min(seen) > 0 and max(seen) / min(seen) > 20:
        axes.set_xscale("log")
    if not numbers:
        axes.set_xticks(range(len(names)), names)
        axes.set_xlim(-0.5, len(names) - 0.5)
    finite = [one.value for group in groups.values() for one in group if one.value is not None]
    for place, group in enumerate(groups.values()):
        colour, marker = COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]
        for one in group:
            if field not in one.point:
                continue
            # Names side by side, so that nobody hides the other.
            aside = 0.1 * (place - (len(groups) - 1) / 2)
            x = one.point[field] if numbers else names.index(str(one.point[field])) + aside
            if one.value is not None:
                face = "none" if one.stopped else colour
                axes.plot([x], [one.value], marker, color=colour, mfc=face, ms=4, alpha=0.8)
            elif finite:
                axes.plot([x], [min(finite) if higher_is_better else max(finite)], "x", color=colour, ms=5)
