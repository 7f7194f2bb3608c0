"""C-MAPSS FD001: how well do recurrent networks tell how many cycles a turbofan engine has left?

    lstm-research table cmapss

100 engines run to failure to train on (10 of them for validation), 100 cut before it to test on: the answer at the last
cycle, capped at 125. RNN, GRU and LSTM of one size see the last 100 cycles.

Found: GRU and LSTM are ahead of ridge regression by less than their seeds vary, the plain network is behind it. The
rmse of 15 that we had hoped for is missed. About 17 minutes on two cores that other work shared.
"""

from lstm_research.results import Experiment, Group, Published, Tune, cells_and_rules

ZHENG = "Zheng, Ristovski, Farahat & Gupta 2017 (ICPHM), FD001, as quoted by Li et al. 2018; one run"
CAP = "their cap is 130 or not stated, and whether test answers are capped as well"

EXPERIMENT = Experiment(
    name="cmapss",
    title="C-MAPSS FD001: remaining useful life",
    claim="A gated network over 100 cycles is well ahead of ridge regression on a summary of them.",
    metric="rmse",
    also=("mae", "score", "rmse_uncapped", "score_uncapped"),
    higher_is_better=False,
    groups=(Group(key="fd001", title="FD001"),),
    rows=cells_and_rules(
        "fd001", "cmapss", rules=("mean_answer", "ridge_summary"),
        tune=Tune(path="optimizer.learning_rate", values=(0.003, 0.01, 0.03)),
        seeds=(0, 1, 2),
        cells={"RNN": ("rnn", 139), "GRU": ("gru", 75), "LSTM": ("lstm", 64)},
        published={"LSTM": Published(16.14, ZHENG, comparable=CAP)},
    ),
    notes=(
        "The claim fails: what GRU and LSTM are ahead by lies inside their intervals.",
        "A config with half the units, chosen for its cost, was opened on test first (9 openings; GRU 15.45, LSTM "
        "15.72); this one was chosen after that, on validation alone.",
        "A bidirectional LSTM has 13.65 (Wang et al. 2018, quoted; one run), under a protocol that was not read.",
    ),
)  # fmt: skip
