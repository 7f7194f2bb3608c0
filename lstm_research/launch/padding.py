"""What is said of padding: in a plan, and where training begins."""

from collections.abc import Sequence
from dataclasses import replace

from lstm_research.config.schema import RunConfig
from lstm_research.launch.plan import widened
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.tasks.source.padded import Padded


def padding_told(source: Source | Bucketed) -> str:
    """`padding 9 % of steps in 3 buckets, without buckets 49 %`; "" where sequences are not padded to a longest one."""
    if isinstance(source, Bucketed):
        number = len(source.buckets)
        return (
            f"padding {percent(source.padding)} of steps in {number} bucket{'s' if number > 1 else ''}, "
            f"without buckets {percent(source.padding_unbucketed)}"
        )
    return f"padding {percent(source.padding)} of steps" if isinstance(source, Padded) else ""


def widening_told(configs: Sequence[RunConfig]) -> str:
    """`16 to 64 units filled up to 64, 2.3 times the multiply-adds`, of the cells of the members of a population; ""
    where nothing is filled up.
    """
    sizes = [config.model.cell.hidden for config in configs]
    wide = widened(configs[0]).model.cell.hidden
    if set(sizes) == {wide}:
        return ""
    low, high = min(sizes), max(sizes)
    # Of a layer in the middle: its inputs are as wide as itself.
    cells = [config.model.cell for config in configs]
    filled = len(cells) * replace(cells[0], hidden=wide).parameters(wide)
    times = filled / sum(cell.parameters(cell.hidden) for cell in cells)
    span = f"{low}" if low == high else f"{low} to {high}"
    return f"{span} units filled up to {wide}, {times:.2g} times the multiply-adds of the cells"


def percent(share: float) -> str:
    """`12 %`."""
    return f"{100 * share:.0f} %"
