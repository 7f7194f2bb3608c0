"""Small labelled sequences: ragged, with gaps, or with an answer at every step."""

from dataclasses import replace

import numpy as np

from lstm_research.data.labelled import Labelled, LabelledSet


def split(number: int, seed: int, *, gaps: bool = False, classes: int = 3) -> Labelled:
    random = np.random.default_rng(seed)
    answers = np.arange(number) % classes
    lengths = random.integers(3, 9, number)
    values = [
        (random.standard_normal((t, 2)) * 0.3 + [a, 10.0 * a]).astype(np.float32)
        for t, a in zip(lengths, answers, strict=True)
    ]
    if not gaps:
        return Labelled(tuple(values), answers.astype(np.int32), names=tuple(f"s{seed}-{k}" for k in range(number)))
    for one in values:
        one[random.random(one.shape) < 0.4] = np.nan
    times = tuple(np.cumsum(random.random(t)).astype(np.float32) for t in lengths)
    static = random.standard_normal((number, 1)).astype(np.float32)
    static[0] = np.nan
    return Labelled(tuple(values), answers.astype(np.int32), times, static)


def made(*, gaps: bool = False, classes: int = 3) -> LabelledSet:
    parts = [split(n, seed, gaps=gaps, classes=classes) for n, seed in ((12, 0), (6, 1), (9, 2))]
    return LabelledSet(
        parts[0], parts[1], parts[2], channels=("a", "b"), classes=tuple("xyz"[:classes]), gaps=gaps,
        static=("age",) if gaps else (),
    )  # fmt: skip


def engines() -> LabelledSet:
    """Answers count down to 0, or to more in test."""

    def part(number: int, seed: int, left: int) -> Labelled:
        one = split(number, seed)
        down = tuple(np.arange(len(v) - 1, -1, -1, dtype=np.float32) + left for v in one.values)
        return replace(one, answers=np.array([d[-1] for d in down], np.float32), per_step=down)

    return LabelledSet(part(6, 0, 0), part(3, 1, 0), part(4, 2, 3), channels=("a", "b"))


def spoilt(data: LabelledSet, name: str) -> LabelledSet:
    """With other values and answers in one split."""
    part = getattr(data, name)
    values = tuple((v[::-1] * 7 + 1).astype(np.float32) for v in part.values)
    return replace(data, **{name: replace(part, values=values, answers=part.answers[::-1].copy())})
