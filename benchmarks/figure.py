"""How cost grows, as an SVG figure: both axes logarithmic, with the slope fitted."""

import io

import numpy as np

from benchmarks.records import Row
from benchmarks.sections.scaling import grouped, slope
from lstm_research.results.figure import COLOURS, MARKERS, STYLE


def svg(rows: list[Row]) -> str:
    """A panel for each of T, B and members, and one for memory."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    panels: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for (along, what), points in grouped(rows).items():
        kind = what.partition(",")[0]
        panels.setdefault(f"{kind} against {along}", {})[what] = points
    with matplotlib.rc_context(STYLE):
        figure = Figure(layout="constrained", figsize=(3.2 * max(len(panels), 1), 3))
        FigureCanvasSVG(figure)
        for place, (title, lines) in enumerate(panels.items()):
            axes = figure.add_subplot(1, len(panels), place + 1)
            for look, (what, points) in enumerate(lines.items()):
                x, y = np.array(points).T
                found = slope(points)
                fitted = np.exp(np.log(y).mean()) * (x / np.exp(np.log(x).mean())) ** found
                name = what.partition(", ")[2]
                label = f"{name}{': ' if name else ''}slope {found:.2f}"
                axes.loglog(x, y, MARKERS[look], color=COLOURS[look], label=label)
                axes.loglog(x, fitted, "-", color=COLOURS[look], lw=1)
            kind, _, along = title.partition(" against ")
            axes.set_xlabel(along)
            axes.set_ylabel({"ms": "training step, ms"}.get(kind, f"backward pass, {kind}"))
            axes.legend(frameon=False)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
