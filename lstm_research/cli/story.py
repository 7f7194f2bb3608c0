"""What the page of a sweep tells, gathered: from outcomes, and from what the store recorded of them."""

import importlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_research.cli.board import Schedules, best_of, finished, interval, matched, seeds_interval, sized, standing
from lstm_research.cli.report import binned, failed, mattering
from lstm_research.cli.session import count
from lstm_research.results.sweep_charts import short
from lstm_research.results.sweep_page import Story, Table
from lstm_research.results.swept import Binned, Field, Groups, Importance
from lstm_research.types import ConfigError

if TYPE_CHECKING:
    from lstm_research.launch.rounds import Outcome
    from lstm_research.launch.sweep import Sweep
    from lstm_research.results.store import Store

CURVES = 3
"""Best settings whose learning curves are shown where nothing is compared."""

Ranks = Sequence[Sequence["Outcome"]]


def plotly() -> str:
    """The source of plotly.js. Raises ConfigError where Plotly is not there."""
    try:
        offline = importlib.import_module("plotly.offline")
    except ImportError:
        raise ConfigError("no page: it needs Plotly, pip install 'lstm_research[page]'") from None
    return str(offline.get_plotlyjs())


def story(
    sweep: "Sweep", ranks: Ranks, groups: Groups, fields: Sequence[Field], mattered: Sequence[Importance],
    rate: Field | None, ranges: Sequence[Binned], came_about: Schedules | None,
    configs: Mapping[str, tuple[str, str]], asked: Mapping[str, int], store: "Store", command: str,
) -> Story:  # fmt: skip
    """All of it. The arguments are the report's."""
    outcomes = [one for group in ranks for one in group]
    first = outcomes[0].records[0]
    told = [finished(ranks, asked)]
    if len(ranks) > 1 or outcomes[0].trial.compared:
        told.append(matched(sweep.spec.match, ranks, asked))
    if any(len(one.records) > 1 for one in outcomes):
        told.append("intervals are those of the seeds by which the best was chosen, and so too favourable to it")
    told = [f"{said[0].upper()}{said[1:]}." for said in told if said]
    best = best_of(ranks, sweep.spec, asked)
    return Story(
        name=Path(sweep.path).stem,
        asked=[*_asked(sweep, outcomes, sum(asked.values())), *_recorded(outcomes, store), ("made again by", command)],
        file=Path(sweep.path).read_text(encoding="utf-8"),
        metric=first.select,
        higher_is_better=first.higher_is_better,
        groups=groups,
        fields=fields,
        intervals=[seeds_interval(group[0]) for group in ranks],
        overview=_overview(ranks, first.select),
        boards={group[0].trial.compared: Table(*standing(group)) for group in ranks},
        told=told,
        configs=configs,
        importances=mattered,
        mattered=Table(*mattering(mattered, groups)),
        rate=rate,
        binned=Table(*binned(rate, ranges)),
        best_of=Table(*best) if best else None,
        schedules=Table(*came_about) if came_about else None,
        curves=_curves(ranks, store),
        failures=Table(*failed(outcomes)),
    )


def _overview(ranks: Ranks, metric: str) -> Table:
    """The best setting of each thing compared, and of how many."""
    rows = [
        [group[0].trial.compared or "all", "–" if group[0].value is None else f"{group[0].value:.5g}",
         interval(group[0]), len(group[0].records), sized(group[0]), len(group),
         sum(one.value is None for one in group), f"{sum(one.updates for one in group):,}"]
        for group in ranks
    ]  # fmt: skip
    head = [
        "compared",
        f"best valid {metric}",
        "95 % interval",
        "seeds",
        "parameters",
        "settings",
        "diverged",
        "updates",
    ]
    return Table(head, rows)


def _asked(sweep: "Sweep", outcomes: Sequence["Outcome"], asked: int) -> list[tuple[str, str]]:
    spec, records = sweep.spec, [record for one in outcomes for record in one.records]
    seeds = sorted({record.seed for record in records})
    facts = [
        ("sweep", sweep.path),
        ("config", " ".join((spec.config, *sweep.fixed))),
        ("task", ", ".join(sorted({record.task for record in records}))),
        ("compared", "; ".join(f"{key}: {', '.join(map(_plain, values))}" for key, values in spec.compare.items())),
        ("matched by", spec.match.replace("_", "-") if spec.compare else ""),
        ("settings", f"{len(outcomes)} of {asked} finished"),
        ("seeds", f"{len(seeds)}: {', '.join(map(str, seeds))}"),
        ("updates", f"{sum(one.updates for one in outcomes):,} over all runs"),
        ("training", f"{sum(record.seconds for record in records) / 3600:.3g} hours of members' time"),
    ]
    return [(what, said) for what, said in facts if said]


def _recorded(outcomes: Sequence["Outcome"], store: "Store") -> list[tuple[str, str]]:
    """When and with what it was trained, each as often as it differs."""
    names = sorted({record.population for one in outcomes for record in one.records})
    there = [store.population(name) for name in names]
    started = sorted(one["started"] for one in there if "started" in one)
    environments = [one.get("environment", {}) for one in there]

    def said(key: str) -> str:
        found = [one[key] for one in environments if one.get(key)]
        return "; ".join(dict.fromkeys(_flat(one) for one in found))

    facts = [
        ("started", " to ".join(dict.fromkeys((started[0], started[-1]))) if started else ""),
        ("populations", count(len(names), "population")),
        *((key, said(key)) for key in ("packages", "python", "system", "cores", "devices", "source", "commit")),
    ]
    return [(what, text) for what, text in facts if text]


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _curves(ranks: Ranks, store: "Store") -> list[tuple[str, list[list[tuple[int, float | None]]]]]:
    """Validation over updates: of the best setting of each thing compared, or of the best few."""
    names = short([group[0].trial.compared for group in ranks])
    best = [(name, group[0]) for name, group in zip(names, ranks, strict=True)]
    if len(ranks) == 1:
        best = [(f"rank {rank}", one) for rank, one in enumerate(ranks[0][:CURVES], start=1)]
    best = [(name, one) for name, one in best if one.value is not None]
    curves = store.curves(record for _, one in best for record in one.records)
    return [(name, [curves[record.run] for record in one.records]) for name, one in best]
