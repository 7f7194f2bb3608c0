"""The report of a sweep: what is finished of it, which fields mattered, what failed; files beside it."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_research.cli.board import best_of, finished, leaderboard, ranked, schedules
from lstm_research.cli.session import aligned
from lstm_research.results.sweep_page import IMPORTANCE
from lstm_research.results.swept import Binned, Field, Groups, Importance, Setting, fields_of, importances, sensitivity
from lstm_research.types import ConfigError

if TYPE_CHECKING:
    from lstm_research.launch.rounds import Outcome
    from lstm_research.launch.sweep import Sweep
    from lstm_research.results.store import Store


def report(
    sweep: "Sweep", outcomes: Sequence["Outcome"], asked: Mapping[str, int], store: "Store", out: Path, command: str
) -> str:
    """The text; figure, page and the best settings as configs are written into `out`. Raises ConfigError.

    Args:
      asked: what is compared -> its settings, finished or not.
      command: that makes this report.
    """
    from lstm_research.cli.story import plotly, story
    from lstm_research.results import files
    from lstm_research.results.sweep_figure import svg
    from lstm_research.results.sweep_page import page

    name = Path(sweep.path).stem
    first = outcomes[0].records[0]
    metric, higher = first.select, first.higher_is_better
    ranks = ranked(outcomes)
    groups = {group[0].trial.compared: [as_setting(one) for one in group] for group in ranks}
    space = sweep.spec.search.space if sweep.spec.search else {}
    fields = fields_of(groups, {field: axis.scale for field, axis in space.items() if axis.values is None})
    # Of a population the last values of a schedule say nothing about what the schedule did.
    alone = not sweep.spec.populated
    mattered = importances(groups, higher) if alone else []
    rate = next((one for one in fields if one.name.endswith("learning_rate") and not one.names and alone), None)
    binned = sensitivity(groups, rate, higher) if rate else []
    came_about = schedules(outcomes, sweep.spec, store)
    parts = [finished(ranks, asked), leaderboard(outcomes, sweep.spec, asked, came_about, [])]
    parts += [importance(mattered, groups), rates(rate, binned), failures(outcomes)]
    written = [out / f"{name}_sweep.svg"]
    files.replace(written[0], svg(groups, fields, metric, higher, alone=best_of(ranks, sweep.spec, asked) is not None))
    configs = {}
    for number, group in enumerate(ranks, start=1):
        if group[0].value is not None and not group[0].undecided:
            written.append(out / (f"{name}_best{number}.yaml" if len(ranks) > 1 else f"{name}_best.yaml"))
            configs[group[0].trial.compared] = written[-1].name, as_config(name, group[0])
            files.replace(written[-1], configs[group[0].trial.compared][1])
    try:
        script = plotly()
    except ConfigError as error:
        parts.append(str(error))
    else:
        told = story(sweep, ranks, groups, fields, mattered, rate, binned, came_about, configs, asked, store, command)
        written.append(out / f"{name}_sweep.html")
        files.replace(written[-1], page(told, script))
    parts.append("\n".join(f"written: {path}" for path in written))
    return "\n\n".join(filter(None, parts))


def as_setting(one: "Outcome") -> Setting:
    """Without the config."""
    overrides = " ".join(one.trial.overrides) or "as configured"
    return Setting(overrides, dict(one.trial.point), one.value, one.stopped, one.records)


def importance(rows: Sequence[Importance], groups: Groups) -> str:
    """A line for each field that was varied; "" where nothing is known."""
    return f"{aligned(*mattering(rows, groups))}\n{IMPORTANCE}" if rows else ""


def mattering(rows: Sequence[Importance], groups: Groups) -> tuple[list[str], list[list[str]]]:
    """Importances as a table: its head and its rows."""

    def said(share: float) -> str:
        return "–" if math.isnan(share) else f"{share:.2f}"

    shown = [
        [row.compared or "all", str(len(groups[row.compared])), row.field, said(row.fanova), said(row.known),
         said(row.ped_anova)]
        for row in rows
    ]  # fmt: skip
    return ["which fields mattered", "settings", "field", "fANOVA", "R2", "PED-ANOVA"], shown


def rates(field: Field | None, rows: Sequence[Binned]) -> str:
    """A line for each thing compared and range of the learning rate; "" where it was not varied."""
    return aligned(*binned(field, rows)) if field else ""


def binned(field: Field | None, rows: Sequence[Binned]) -> tuple[list[str], list[list[str]]]:
    """Ranges of a field as a table: its head and its rows."""
    shown = [
        [row.compared or "all", f"{row.low:.3g}" + (f" to {row.high:.3g}" if row.high > row.low else ""),
         str(row.settings), str(row.diverged), *("–" if x is None else f"{x:.5g}" for x in (row.best, row.median))]
        for row in rows
    ]  # fmt: skip
    name = field.name if field else ""
    return ["sensitivity", name, "settings", "diverged", "best", "median"], shown


def failures(outcomes: Sequence["Outcome"]) -> str:
    """A line for each run that diverged; "" for none."""
    head, rows = failed(outcomes)
    return aligned(head, rows) if rows else ""


def failed(outcomes: Sequence["Outcome"]) -> tuple[list[str], list[list[str]]]:
    """Runs that diverged as a table: its head and its rows."""
    rows = [
        [record.run, str(record.seed), "–" if record.first_bad_step is None else f"{record.first_bad_step:,}",
         " ".join(one.trial.overrides)]
        for one in outcomes
        for record in one.records
        if record.status != "finished"
    ]  # fmt: skip
    return ["diverged", "seed", "at step", "setting"], rows


def as_config(name: str, best: "Outcome") -> str:
    """The setting as a config file, whole."""
    from lstm_research.config.identity import difference

    of = f", of {best.trial.compared}" if best.trial.compared else ""
    told = f"The best of the sweep {name} on validation ({best.records[0].select} {best.value:.5g}){of}."
    head = f"# {' '.join(told.split())}"
    # Seeds are no part of what a run computes, so they stand apart.
    sections = {**difference(best.trial.config), "seeds": list(best.trial.config.seeds)}
    return "\n".join([head, *(f"{key}: {json.dumps(value)}" for key, value in sections.items())]) + "\n"
