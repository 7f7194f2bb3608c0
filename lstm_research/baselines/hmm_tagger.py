"""Tagging: a trigram hidden Markov model, its transitions interpolated, unknown words by their suffixes.

    p(t3 | t1 t2) = l1 f(t3) + l2 f(t3 | t2) + l3 f(t3 | t1 t2), l by deleted interpolation
    p(tag | suffix) from words seen at most 10 times, longer suffixes smoothed by shorter ones, up to 10 letters,
    words in capitals apart; turned round by Bayes' rule

Decoded by Viterbi's algorithm over pairs of tags.

Reference: Brants, TnT: A Statistical Part-of-Speech Tagger, ANLP 2000, sections 2.1 to 2.3.
"""

from collections import Counter, defaultdict
from typing import Any

import numpy as np

from lstm_research.baselines._tags import by_sentence

RARE, LONGEST = 10, 10


def evaluate(task: Any, split: str) -> dict[str, float]:
    """The task's metrics on a split."""
    model = Hmm([(one.words, one.tags) for one in task.data.train], task.tags)
    return by_sentence(task, split, model.tags)


class Hmm:
    """The model, fitted on sentences of words and tags."""

    def __init__(self, sentences: list[tuple[tuple[str, ...], tuple[str, ...]]], tags: tuple[str, ...]):
        self.size = len(tags)
        place = {tag: number for number, tag in enumerate(tags)}
        start = self.size  # stands before a sentence, twice; the end is not modelled
        size = self.size + 1
        three = np.zeros((size, size, self.size))
        words: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(self.size))
        for sentence, told in sentences:
            line = [start, start, *(place[tag] for tag in told)]
            for first, second, third, word in zip(line, line[1:], line[2:], sentence, strict=False):
                three[first, second, third] += 1
                words[word][third] += 1
        self.share = three.sum(axis=(0, 1)) / three.sum()
        self.transition = np.log(np.maximum(_interpolated(three), 1e-300))
        # p(word | tag) is p(tag | word) p(word) / p(tag): p(word) is the same for all tags, and left out.
        self.emission = {
            word: np.log(np.maximum(counts / counts.sum() / np.maximum(self.share, 1e-300), 1e-300))
            for word, counts in words.items()
        }
        self._fit_suffixes(words)

    def tags(self, words: tuple[str, ...]) -> list[int]:
        """The most probable tags of a sentence."""
        start = self.size
        score = np.full((self.size + 1, self.size + 1), -np.inf)
        score[start, start] = 0.0
        back = []
        for word in words:
            every = score[:, :, None] + self.transition  # first, second, third
            came = every.argmax(axis=0)
            best = np.take_along_axis(every, came[None], axis=0)[0] + self.emitted(word)[None]
            back.append(came)
            score = np.full_like(score, -np.inf)
            score[:, : self.size] = best
        second, third = (int(place) for place in np.unravel_index(int(score.argmax()), score.shape))
        found = [third]
        for came in reversed(back):
            first = int(came[second, third]) if third < self.size else start
            second, third = first, second
            found.append(third)
        return found[: len(words)][::-1]

    def emitted(self, word: str) -> np.ndarray:
        """float64[tags]: log p(word | tag), but for what is the same for all."""
        if word in self.emission:
            return self.emission[word]
        found = self.share_rare
        table = self.suffixes[word[:1].isupper()]
        for length in range(1, min(LONGEST, len(word)) + 1):
            counts = table.get(word[-length:])
            if counts is None:
                break
            found = (counts / counts.sum() + self.theta * found) / (1 + self.theta)
        return np.log(np.maximum(found / np.maximum(self.share, 1e-300), 1e-300))

    def _fit_suffixes(self, words: dict[str, np.ndarray]) -> None:
        self.suffixes: dict[bool, dict[str, np.ndarray]] = {True: {}, False: {}}
        rare = np.zeros(self.size)
        for word, counts in words.items():
            if counts.sum() > RARE:
                continue
            rare += counts
            table = self.suffixes[word[:1].isupper()]
            for length in range(1, min(LONGEST, len(word)) + 1):
                suffix = word[-length:]
                table[suffix] = table.get(suffix, 0) + counts
        self.share_rare = rare / rare.sum() if rare.sum() else self.share
        # Equation 11: the deviation of the tags' probabilities.
        self.theta = float(self.share.std(ddof=1))


def _interpolated(three: np.ndarray) -> np.ndarray:
    """p(third | first, second), float64[t+1 t+1 t]: figure 1 of the paper."""
    two, one, total = three.sum(axis=0), three.sum(axis=(0, 1)), three.sum()
    before_two, before_one = three.sum(axis=2), two.sum(axis=1)

    def less_one(count: np.ndarray, of: np.ndarray) -> np.ndarray:
        return np.where(of > 1, (count - 1) / np.maximum(of - 1, 1), 0.0)

    every = np.stack([
        np.broadcast_to((one - 1) / (total - 1), three.shape),
        np.broadcast_to(less_one(two, before_one[:, None])[None], three.shape),
        less_one(three, before_two[:, :, None]),
    ])  # fmt: skip
    # Of equal ones the longest history.
    best = 2 - every[::-1].argmax(axis=0)
    weights = Counter({k: float(three[best == k].sum()) for k in range(3)})
    part = [weights[k] / total for k in range(3)]
    shares = [
        one / total,
        two / np.maximum(before_one, 1)[:, None],
        three / np.maximum(before_two, 1)[:, :, None],
    ]
    return part[0] * shares[0] + part[1] * shares[1][None] + part[2] * shares[2]
