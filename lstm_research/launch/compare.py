"""A config as an experiment: the cells with equal budgets and sizes, and the baselines that fit its task."""

import math
from collections.abc import Callable, Sequence

from lstm_research import baselines
from lstm_research.config.fields import kind_name
from lstm_research.config.load import draft, resolve
from lstm_research.config.schema import RunConfig
from lstm_research.launch.matching import Matching
from lstm_research.launch.tasks import Tasks
from lstm_research.results.cells import cells_and_rules
from lstm_research.results.experiment import Experiment
from lstm_research.results.rows import Group, Tune
from lstm_research.types import ConfigError

GROUP = "all"


def comparison(
    name: str,
    overrides: Sequence[str],
    cells: Sequence[str],
    factors: Sequence[float],
    tasks: Tasks,
    say: Callable[[str], None],
) -> Experiment:
    """The experiment of a config: a row for each cell and each baseline whose library is installed.

    Every cell gets the width that brings its number of parameters nearest to the config's own model; the same learning
    rates, the config's times each of `factors`; the same seeds. Raises ConfigError, DataError.
    """
    layers = draft(name)
    config: RunConfig = resolve(layers, overrides)
    if len(set(cells)) < len(cells) or not cells:
        raise ConfigError(f"--cells {','.join(cells)}: needs cells, each once")
    tasks.runs(config)  # what cannot run is told before anything is counted
    task = tasks[config]
    metric, higher = task.spec.selection(config.training.select)
    matching = Matching(tasks, "parameters", math.inf)
    wanted = matching.size(config)
    rate = config.optimizer.learning_rate
    tune = Tune(path="optimizer.learning_rate", values=tuple(float(f"{rate * f:.4g}") for f in factors), seeds=(0,))
    rules = []
    for rule in task.baselines:
        if missing := baselines.missing(rule):
            say(f"row {rule} is left out: it needs {missing}; pip install 'lstm_research[classical]'")
        else:
            rules.append(rule)
    widths = {cell: matching.width(resolve(layers, (*overrides, f"model.cell.kind={cell}")), wanted) for cell in cells}
    rows = cells_and_rules(
        GROUP, name, rules=rules, cells={cell: (cell, width) for cell, width in widths.items()}, seeds=config.seeds,
        tune=tune if len(factors) > 1 else None, overrides=overrides,
    )  # fmt: skip
    data = kind_name(config.data) if config.data else kind_name(config.task)
    return Experiment(
        name=f"compare_{name.rpartition('/')[2].removesuffix('.yaml')}",
        title=f"{', '.join(cells)} and baselines: {kind_name(config.task)} on {data}",
        claim=f"Chosen on validation ({metric}), tested once; parameters matched to {wanted:,}.",
        metric=metric,
        higher_is_better=higher,
        groups=(Group(key=GROUP, title="All"),),
        rows=rows,
        digits=4,
    )
