"""A sweep as one page of HTML that needs no network: tables as HTML, charts drawn by a Plotly that is inside.

The same sweep gives the same bytes: nothing in it is of now. Whatever comes from a config is escaped, in HTML, in the
data of the script, and in the text of figures.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from lstm_research.results.sweep_charts import (
    Chart,
    best_of_n,
    bests,
    finite,
    importance,
    learning,
    look,
    rates,
    short,
    slices,
)
from lstm_research.results.sweep_parallel import parallel
from lstm_research.results.swept import Field, Groups, Importance

Rows = Sequence[Sequence[Any]]
SIGNS = {"circle": "●", "square": "■", "triangle-up": "▲", "diamond": "◆", "triangle-down": "▼", "cross": "✚"}
IMPORTANCE = (
    "fANOVA: of the variance of a random forest, fitted to the settings' ranks, the share that a field has by itself; "
    "R2 is what the forest knows of settings that it has not seen. PED-ANOVA: how far the best quarter lies elsewhere "
    "than all. What diverged ranks last. Hints: where R2 is near 0, shares are noise."
)
POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:"
"""The browser itself refuses whatever would come from elsewhere."""


@dataclass(frozen=True)
class Table:
    """What is a table in the text too."""

    head: Sequence[str]
    rows: Rows


@dataclass(frozen=True)
class Story:
    """All that the page tells."""

    name: str
    asked: Rows
    """(what, said) of the sweep."""
    file: str
    """The sweep file's text."""
    metric: str
    higher_is_better: bool
    groups: Groups
    fields: Sequence[Field]
    intervals: Sequence[tuple[float, float]]
    """Of the best setting of each thing compared, over seeds; NaN where unknown."""
    overview: Table
    """A row for each thing compared."""
    boards: Mapping[str, Table]
    """What is compared -> its leaderboard."""
    told: Sequence[str]
    """Sentences on how things were matched, how many are finished."""
    configs: Mapping[str, tuple[str, str]]
    """What is compared -> (name, text) of the best setting as a config."""
    importances: Sequence[Importance]
    mattered: Table
    """The same."""
    rate: Field | None
    """The learning rate, where it was varied."""
    binned: Table
    best_of: Table | None
    """None where it is not told."""
    schedules: Table | None
    """Of a population: what the best was trained with, up to where."""
    curves: Sequence[tuple[str, Sequence[Sequence[tuple[int, float | None]]]]]
    """Of the best settings: (label, for each seed (update, validation value))."""
    failures: Table


def page(story: Story, plotly: str) -> str:
    """The page. `plotly`: the source of plotly.js."""
    charts: list[Chart] = []
    sections = [one for one in _sections(story, charts) if one[2]]
    body = "\n".join(_section(*one) for one in sections)
    links = " ".join(f'<a href="#{_anchor(title)}">{escape(title)}</a>' for title, _, _ in sections)
    figures = json.dumps([{"data": one.data, "layout": one.layout} for one in charts], allow_nan=False)
    beside = Path(__file__)
    told = f"validation {story.metric}, {'higher' if story.higher_is_better else 'lower'} is better"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>Sweep {escape(story.name)}</title>
<style>
{beside.with_suffix(".css").read_text()}</style>
</head>
<body>
<header><h1>Sweep {escape(story.name)}</h1><p>{escape(told)}</p><nav aria-label="Sections">{links}</nav></header>
<noscript><p>Tables are here; charts need JavaScript.</p></noscript>
<main>
{body}
</main>
<script type="application/json" id="figures">{_inert(figures)}</script>
<script>{plotly}</script>
<script>
{beside.with_suffix(".js").read_text()}</script>
</body>
</html>
"""


def _sections(story: Story, charts: list[Chart]) -> list[tuple[str, str, str]]:
    """(title, a sentence, HTML); one that has nothing to show is empty."""
    groups, metric, higher = story.groups, story.metric, story.higher_is_better

    def drawn(chart: Chart) -> str:
        charts.append(chart)
        least = f"min-width:{chart.least}px;" if chart.least else ""
        return (
            f'<figure role="group" aria-label="{escape(chart.told)}"><div class="scroll">'
            f'<div class="chart" id="chart{len(charts)}" style="{least}height:{chart.height}px"></div></div></figure>'
        )

    def each(charts: Sequence[Chart]) -> str:
        return f'<div class="grid">{"".join(drawn(chart) for chart in charts)}</div>' if charts else ""

    any_value, several = bool(finite(groups)), sum(len(group) for group in groups.values()) > 1
    seeds = any_value and (len(groups) > 1 or len(next(iter(groups.values()))[0].records) > 1)
    bars = [("fanova", "fANOVA")] * any(one.fanova == one.fanova for one in story.importances)
    bars += [("ped_anova", "PED-ANOVA")] * bool(story.importances)
    without = "" if not story.importances or len(bars) == 2 else _note("fANOVA needs the extra `classical`.")
    rate = story.rate
    return [
        ("Asked", "", _facts(story.asked) + _folded("The sweep file", _code(story.file))),
        ("Leaderboard", " ".join(story.told), _table(story.overview)
         + (drawn(bests(groups, story.intervals, metric)) if seeds else "")
         + "".join(_folded(f"All settings{f' of {name}' if name else ''}", _table(board), not name)
                   for name, board in story.boards.items())),
        ("Best setting", "As a config, which lstm-research run takes; also written beside this page.",
         "".join(f'<h3>{escape(name)}</h3><div class="code">{_code(text)}<button type="button">Copy</button></div>'
                 f'<p class="note">{escape(file)}</p>' for name, (file, text) in story.configs.items())),
        ("Schedule", "What the best was trained with, and up to which update.",
         _table(story.schedules) if story.schedules else ""),
        ("Learning curves", "Of the best settings: validation while training, seeds thin and their mean thick. The "
         "beginning may lie out of sight; a double click shows all.",
         drawn(learning(story.curves, metric)) if story.curves else ""),
        ("Importance", IMPORTANCE,
         each([importance(story.importances, groups, *bar) for bar in bars]) + without
         + (_folded("As a table", _table(story.mattered)) if story.importances else "")),
        ("All settings", "A line a setting, strong where it is good" + (", orange where a run diverged"
         if any(one.value is None for group in groups.values() for one in group) else "")
         + ". Drag along an axis to choose a part of it, drag its name to move it.",
         drawn(parallel(groups, story.fields, metric, higher)) if several and any_value and story.fields else ""),
        ("Field by field", "Every setting; hollow: stopped early; a cross at the edge: a run diverged.",
         _key(groups) + each([slices(groups, field, metric, higher) for field in story.fields])
         if any_value and story.fields else ""),
        ("Learning rate", "Best and median of the settings in each range; what diverged counts as worse than anything.",
         drawn(rates(groups, rate, metric, higher)) + _folded("As a table", _table(story.binned))
         if rate and any_value else ""),
        ("Best of n", "What the best of n settings is worth, as expected (Dodge et al. 2019), and where it lies in 8 "
         "of 10 cases: whether something is better, or was only searched longer. What diverged is worth the worst "
         "value of all settings.",
         drawn(best_of_n(groups, metric, higher)) + _folded("As a table", _table(story.best_of))
         if story.best_of and several and any_value else ""),
        ("Failures", "Runs that diverged; their settings come last and are never chosen.",
         _table(story.failures) if story.failures.rows else _note("None: no run diverged.")),
    ]  # fmt: skip


def _section(title: str, told: str, content: str) -> str:
    sentence = f"<p>{escape(told)}</p>" if told else ""
    return f'<section id="{_anchor(title)}"><h2>{escape(title)}</h2>{sentence}\n{content}\n</section>'


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _facts(rows: Rows) -> str:
    return (
        "<dl>" + "".join(f"<dt>{escape(str(what))}</dt><dd>{escape(str(said))}</dd>" for what, said in rows) + "</dl>"
    )


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(str(cell))}</th>' for cell in table.head)
    rows = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>\n" for row in table.rows)
    # Scrolled by keys too.
    return (
        f'<div class="scroll table" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>\n{rows}</tbody></table></div>"
    )


def _key(groups: Groups) -> str:
    """Which colour and sign is what."""
    if len(groups) == 1:
        return ""
    signs = [
        f'<span><b style="color:{look(place)[0]}" aria-hidden="true">{SIGNS[look(place)[1]]}</b> {escape(name)}</span>'
        for place, name in enumerate(short(list(groups)))
    ]
    return f'<p class="key">{" ".join(signs)}</p>'


def _folded(title: str, content: str, unfolded: bool = False) -> str:
    return f"<details{' open' * unfolded}><summary>{escape(title)}</summary>{content}</details>"


def _code(text: str) -> str:
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def _inert(data: str) -> str:
    """JSON inside an element of script: nothing in it can end the element."""
    return data.replace("<", "\\u003c")
