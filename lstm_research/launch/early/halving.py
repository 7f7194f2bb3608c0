"""Successive halving, and Hyperband with several brackets: the better ones are trained longer, and longer.

All trials of a bracket are trained for `first` updates; the best one in `factor` of them for `factor` times as many,
and so on, until few are trained to the end. A second bracket first compares after `first` times `factor` updates, a
third after that times `factor`: against curves that cross. Trials are dealt to brackets as Hyperband does.

References: Jamieson & Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter Optimization, AISTATS 2016,
figure 1; Li, Jamieson, DeSalvo, Rostamizadeh & Talwalkar, Hyperband, JMLR 18, 2018, algorithm 1. All trials wait for
the comparison, so that the outcome depends on no timing (ASHA, arXiv:1810.05934, does not wait).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from lstm_research.launch.early._rule import Rule, Standing


@dataclass(frozen=True, kw_only=True)
class Config(Rule):
    """{kind: halving, first: 250, factor: 3}"""

    first: Annotated[int, Ge(1)]
    """Updates before the first comparison, a multiple of training.eval_every."""
    factor: Annotated[int, Ge(2)] = 3
    """One trial in so many goes on, for so many times as many updates in all."""
    brackets: Annotated[int, Ge(1)] = 1
    """Tournaments; as many as there are comparisons, and one more, are Hyperband."""

    def tournaments(self, steps: int) -> list[list[int]]:
        stops = []
        stop = self.first
        while stop < steps:
            stops.append(stop)
            stop *= self.factor
        return [stops[bracket:] for bracket in range(min(self.brackets, len(stops) + 1))]

    def shares(self, steps: int) -> list[float]:
        """n = (s_max + 1) / (s + 1) eta^s, with s the comparisons of a bracket."""
        stops = [len(each) for each in self.tournaments(steps)]
        return [(stops[0] + 1) / (s + 1) * self.factor**s for s in stops]

    def kept(self, standings: Sequence[Standing], higher_is_better: bool) -> list[bool]:
        ranked = sorted(
            (one.best if higher_is_better else -one.best, -place)
            for place, one in enumerate(standings)
            if one.best is not None
        )
        places = {-place for _, place in ranked[-max(1, len(standings) // self.factor) :]}
        return [place in places for place in range(len(standings))]
