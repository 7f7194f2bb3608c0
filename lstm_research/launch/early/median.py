"""The median rule: a trial stops whose best value is worse than the median of all averages.

Compared after `first` updates and then after every `every`: the best validation value of each trial so far with the
median of the running averages of all that came as far.

References: Golovin, Solnik, Moitra, Kochanski, Karro & Sculley, Google Vizier, KDD 2017, section 3.2.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated

from annotated_types import Ge

from lstm_research.launch.early._rule import Rule, Standing


@dataclass(frozen=True, kw_only=True)
class Config(Rule):
    """{kind: median, first: 500, every: 250}"""

    first: Annotated[int, Ge(1)]
    """Updates before the first comparison, a multiple of training.eval_every."""
    every: Annotated[int, Ge(1)]
    """Updates between two comparisons, a multiple of training.eval_every."""

    def tournaments(self, steps: int) -> list[list[int]]:
        return [list(range(self.first, steps, self.every))]

    def kept(self, standings: Sequence[Standing], higher_is_better: bool) -> list[bool]:
        averages = [one.average for one in standings if one.average is not None]
        if not averages:
            return [False] * len(standings)
        middle = median(averages)
        return [
            one.best is not None and (one.best >= middle if higher_is_better else one.best <= middle)
            for one in standings
        ]
