"""What is said of padding: in a plan, and where training begins."""

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


def percent(share: float) -> str:
    """`12 %`."""
    return f"{100 * share:.0f} %"
