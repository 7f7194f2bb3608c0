"""Formal languages: trained on strings of 1-40 symbols, which cells answer strings of 41-256?

    lstm-research table formal_languages

Parity, even pairs, cycle navigation and modular arithmetic without brackets: the four regular ones of Deletang et
al. 2023 and Walker et al. 2025, Table 2. RNN, GRU and LSTM of one size, that of an LSTM of 64. The figure is accuracy
by length: a column for each 40 lengths.

All three learn even pairs and keep the answer at any length; parity GRU and LSTM alone, cycle navigation the LSTM
(0.992; GRU 0.704, seeds far apart), modular arithmetic the LSTM in part (0.810). The plain network does no better than
chance in both, where published rows have it at 100 % in modular arithmetic after a million steps of 256 units.
"""

from lstm_research.results import Experiment, Group, Heat, Published, Row, Tune, cells_and_rules

WALKER = (
    "Walker et al. 2025, Structured Linear CDEs (arXiv:2505.17761), Table 2; mean and sd of 5 runs, in per cent there"
)
DELETANG = (
    "Deletang et al. 2023, Neural Networks and the Chomsky Hierarchy (arXiv:2207.02098), Table 2, as quoted; in "
    "per cent there"
)
OTHER_WALKER = "two layers of 128 or 512 units, the better one; lengths 3-40, 100,000 steps"
OTHER_DELETANG = "best of 10 seeds x 3 rates; 256 units, 1,000,000 steps, lengths 41-500"


def walker(value: float, spread: float) -> Published:
    """LSTM, in Walker et al.; value and spread as shares."""
    return Published(value, WALKER, spread=spread, spread_kind="sd", n=5, comparable=OTHER_WALKER)


BEST = Published(1.0, DELETANG, comparable=OTHER_DELETANG)
PUBLISHED = {
    "parity": {"RNN": BEST, "LSTM": walker(1.0, 0.0)},
    "even_pairs": {"LSTM": walker(1.0, 0.0)},
    "cycle_navigation": {"LSTM": walker(1.0, 0.0)},
    "modular_arithmetic": {"RNN": BEST, "LSTM": walker(0.999, 0.001)},
}
TITLES = {
    "parity": "Parity",
    "even_pairs": "Even pairs",
    "cycle_navigation": "Cycle navigation",
    "modular_arithmetic": "Modular arithmetic",
}
CELLS = {"RNN": ("rnn", 130), "GRU": ("gru", 74), "LSTM": ("lstm", 64)}
TUNE = Tune(path="optimizer.learning_rate", values=(0.001, 0.003, 0.01))


def rows(name: str) -> tuple[Row, ...]:
    """Chance and the three cells, for one language."""
    return cells_and_rules(
        name, "formal_language", rules=("chance",), cells=CELLS, seeds=range(5), tune=TUNE,
        overrides=(f"task.language={name}",), published=PUBLISHED[name],
    )  # fmt: skip


EXPERIMENT = Experiment(
    name="formal_languages",
    title="Formal languages: strings longer than any in training",
    claim="Gated cells trained on strings of 1-40 symbols answer strings of 41-256 of the four regular languages.",
    metric="accuracy",
    also=("exact",),
    higher_is_better=True,
    digits=3,
    heat=Heat(prefix="accuracy_", axis="length of test strings"),
    groups=tuple(Group(key=name, title=title) for name, title in TITLES.items()),
    rows=tuple(row for name in TITLES for row in rows(name)),
    notes=(
        "Accuracy is the mean over 24 test lengths, 64 strings each. Settings and steps are selected by loss on "
        "strings of the lengths of training: nothing is selected by how far it generalises.",
        "Both papers read a network of their own after far longer training, so that no verdict is drawn; Deletang et "
        "al. have 1.000 for the LSTM of 256 units too, in parity and modular arithmetic.",
    ),
)
