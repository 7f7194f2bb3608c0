"""Free Spoken Digits: which digit is said?

    lstm-research table fsdd
    lstm-research table fsdd --only speakers

13 cepstra and their slopes, every 10 ms, 12 to 226 steps. Bidirectional RNN, GRU and LSTM of one size, the mean of
their states over the frames; a TCN and a small Transformer of that size beside them. As published the six speakers are
in train (2,430 recordings, and 270 for validation) and in test (300); the second group is tested on two speakers that
were never heard (1,500, 500 and 1,000).

The config's LSTM has 99.2 % on test as published, where logistic regression on summaries of each channel has as much
(98 % of validation), and 75.2 % of speakers never heard (three seeds each). Not run as a table yet.
"""

from lstm_research.results import Experiment, Group, Tune, cells_and_rules

CELLS = {
    "RNN": ("rnn", 266), "GRU": ("gru", 149), "LSTM": ("lstm", 128), "TCN": ("tcn", 59),
    "Transformer": ("transformer", 56),
}  # fmt: skip

EXPERIMENT = Experiment(
    name="fsdd",
    title="Free Spoken Digits",
    claim="Of speakers never heard recurrent networks know the digit better than logistic regression on summaries; "
    "of speakers that are in train both know nearly all.",
    metric="accuracy",
    also=("macro_f1",),
    higher_is_better=True,
    groups=(
        Group(key="official", title="Speakers that are in train"),
        Group(key="speakers", title="Two speakers never heard"),
    ),
    rows=tuple(
        row
        for split in ("official", "speakers")
        for row in cells_and_rules(
            split, "fsdd", rules=("majority", "logistic", "nearest_mean"), overrides=(f"data.split={split}",),
            tune=Tune(path="optimizer.learning_rate", values=(0.001, 0.003, 0.01)), seeds=(0, 1, 2), cells=CELLS,
        )
    ),
    digits=3,
    notes=(
        "Six speakers in all: what holds for two that were never heard says little of a third.",
    ),
)  # fmt: skip
