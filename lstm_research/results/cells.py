"""Rows of cells beside naive rules, with one tuning budget: what most tables consist of."""

from collections.abc import Mapping, Sequence

from lstm_research.results.published import Published
from lstm_research.results.rows import Row, Tune


def cells_and_rules(
    group: str,
    config: str,
    *,
    rules: Mapping[str, str] | Sequence[str],
    cells: Mapping[str, tuple[str, int]],
    seeds: Sequence[int],
    tune: Tune | None = None,
    overrides: Sequence[str] = (),
    published: Mapping[str, Published] | None = None,
) -> tuple[Row, ...]:
    """The rules, then the cells, of one group.

    Args:
      rules: files of `baselines/`; or label -> file.
      cells: label -> kind of cell, hidden size.
      published: label -> what somebody printed.
    """
    there = published or {}
    named = rules if isinstance(rules, Mapping) else {rule: rule for rule in rules}
    naive = [
        Row(label=label, group=group, config=config, overrides=tuple(overrides), naive=rule, published=there.get(label))
        for label, rule in named.items()
    ]
    trained = [
        Row(
            label=label, group=group, config=config, seeds=tuple(seeds), tune=tune, published=there.get(label),
            overrides=(*overrides, f"model.cell.kind={kind}", f"model.cell.hidden={hidden}"),
        )
        for label, (kind, hidden) in cells.items()
    ]  # fmt: skip
    return (*naive, *trained)
