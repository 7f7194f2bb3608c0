"""The report of a sweep: what is finished of it, which fields mattered, what failed; files beside it."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_research.cli.board import leaderboard, ranked
from lstm_research.cli.session import aligned
from lstm_research.types import ConfigError

if TYPE_CHECKING:
    from lstm_research.launch.rounds import Outcome


def report(name: str, outcomes: Sequence["Outcome"], asked: int, match: str, out: Path) -> str:
    """The text; the figure and the best settings as configs are written into `out`."""
    from lstm_research.results import files
    from lstm_research.results.sweep_figure import Drawn, svg

    first = outcomes[0].records[0]
    parts = [leaderboard(outcomes, match, [])]
    if len(outcomes) < asked:
        parts.insert(0, f"{len(outcomes)} of {asked} settings are finished")
    groups = ranked(outcomes)
    if told := importance(groups):
        parts.append(told)
    if told := failures(outcomes):
        parts.append(told)
    out.mkdir(parents=True, exist_ok=True)
    drawn = {
        group[0].trial.compared: [Drawn(dict(one.trial.point), one.value, one.stopped is not None) for one in group]
        for group in groups
    }
    written = [out / f"{name}_sweep.svg"]
    files.replace(written[0], svg(drawn, first.select, first.higher_is_better))
    for number, group in enumerate(groups):
        if group[0].value is not None:
            written.append(out / (f"{name}_best{number + 1}.yaml" if len(groups) > 1 else f"{name}_best.yaml"))
            files.replace(written[-1], as_config(name, group[0]))
    parts.append("\n".join(f"written: {path}" for path in written))
    return "\n\n".join(parts)


def importance(groups: Sequence[Sequence["Outcome"]]) -> str:
    """A line for each field that was varied; "" where there are too few settings, or nothing varied."""
    import numpy as np

    from lstm_research.results.importance import FEWEST, fanova, ped_anova, unit

    rows = []
    for group in groups:
        points = [dict(one.trial.point) for one in group]
        fields = [name for name in dict.fromkeys(name for point in points for name in point)
                  if len({point.get(name) for point in points}) > 1]  # fmt: skip
        if len(group) < FEWEST or not fields:
            continue
        places = unit([[point.get(name, "–") for point in points] for name in fields])
        values = np.array([math.nan if one.value is None else one.value for one in group])
        known = ~np.isnan(values)
        divergence = ped_anova(places, values, group[0].records[0].higher_is_better)
        try:
            shares = [f"{share:.2f}" for share in fanova(places[known], values[known])]
        except ConfigError:  # without scikit-learn
            shares = ["–"] * len(fields)
        name = group[0].trial.compared or "all"
        rows += [[name, *row] for row in zip(fields, shares, [f"{x:.2f}" for x in divergence], strict=True)]
    if not rows:
        return ""
    head = ["which fields mattered", "field", "fANOVA", "PED-ANOVA"]
    told = (
        "fANOVA: share of the variance of all settings; PED-ANOVA: how far the best quarter lies elsewhere than all; "
        f"of {len(groups[0])} settings, a hint"
    )
    return f"{aligned(head, rows)}\n{told}"


def failures(outcomes: Sequence["Outcome"]) -> str:
    """A line for each run that diverged."""
    rows = [
        [record.run, record.seed, "–" if record.first_bad_step is None else f"{record.first_bad_step:,}",
         " ".join(one.trial.overrides)]
        for one in outcomes
        for record in one.records
        if record.status != "finished"
    ]  # fmt: skip
    return aligned(["diverged", "seed", "at step", "setting"], rows) if rows else ""


def as_config(name: str, best: "Outcome") -> str:
    """The setting as a config file, whole."""
    from lstm_research.config.identity import difference

    of = f", of {best.trial.compared}" if best.trial.compared else ""
    head = f"# The best of the sweep {name} on validation ({best.records[0].select} {best.value:.5g}){of}."
    # Seeds are no part of what a run computes, so they stand apart.
    sections = {**difference(best.trial.config), "seeds": list(best.trial.config.seeds)}
    return "\n".join([head, *(f"{key}: {json.dumps(value)}" for key, value in sections.items())]) + "\n"
