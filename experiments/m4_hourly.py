"""M4, hourly: do recurrent networks forecast two days of 414 series better than the same hours of the day before?

    lstm-research table m4_hourly

The competition's test: the last 48 hours of each series, one forecast. One network for all series, each standardised by
its own train part; validation is the last 48 hours of train.

Found: so it is. About 8 minutes on two cores that other work shared, most of it the rules.
"""

from lstm_research.results import Experiment, Group, Tune, cells_and_rules

EXPERIMENT = Experiment(
    name="m4_hourly",
    title="M4 competition, hourly: 48 hours ahead",
    claim="One network for all series beats seasonal rules that are fitted to each.",
    metric="mase",
    also=("smape", "mse", "mae"),
    higher_is_better=False,
    groups=(Group(key="h48", title="48 hours"),),
    rows=cells_and_rules(
        "h48", "m4_hourly", rules=("last_value", "drift", "seasonal_naive", "linear_ar", "gradient_boosting", "ets"),
        tune=Tune(path="optimizer.learning_rate", values=(0.001, 0.003, 0.01)),
        seeds=(0, 1, 2),
        cells={"RNN": ("rnn", 221), "GRU": ("gru", 128), "LSTM": ("lstm", 110)},
    ),
    digits=3,
    notes=(
        "MASE is over the seasonal naive error inside our train part, which ends 48 hours before the competition's.",
        "No published value stands beside ours: the competition's tables were not at hand.",
    ),
)  # fmt: skip
