"""Each key is a Markov chain of its own: how often it goes on, and how often it begins, in the training set.

`music_repeat` with a pair for each key, so the strongest of the naive rows. Silence stands before a piece.

Test NLL: JSB Chorales 10.48, Nottingham 5.17, MuseData 8.56, Piano-midi.de 8.26.
"""

from typing import Any

import numpy as np

from lstm_research.baselines._piano_roll import frames, nll, previous, share
from lstm_research.data.polyphonic_music import Music


def evaluate(task: Any, split: str) -> dict[str, float]:
    """{"nll": ...} on a split."""
    return {"nll": markov(task.music, split)}


def markov(music: Music, split: str) -> float:
    """NLL per step."""
    now, before = frames(music.train), previous(music.train)
    goes_on = share((now & before).sum(axis=0), before.sum(axis=0))
    begins = share((now & ~before).sum(axis=0), (~before).sum(axis=0))
    pieces = getattr(music, split)
    return nll(np.where(previous(pieces), goes_on[None, :], begins[None, :]), frames(pieces))
