"""Eight sets of the UCR and UEA archives: recurrent networks beside one nearest neighbour under warped time.

    lstm-research table ucr
    lstm-research table ucr --only GunPoint

Train and test as published; a third of train is validation, which stops training and chooses between two rates, so that
networks see two thirds of it; nearest neighbours as well. Bidirectional networks of one size, one config for all sets.

Found: so it is. On BasicMotions the networks are ahead on average, on GunPoint the LSTM; on OliveOil, with twenty cases
to train on, they learn nothing. About 20 minutes on two cores that other work shared.
"""

from lstm_research.results import Experiment, Group, Tune, cells_and_rules

SETS = ("BasicMotions", "CBF", "ECG200", "GunPoint", "ItalyPowerDemand", "Lightning2", "OliveOil", "SyntheticControl")
CELLS = {"RNN": ("rnn", 65), "GRU": ("gru", 37), "LSTM": ("lstm", 32)}

EXPERIMENT = Experiment(
    name="ucr",
    title="UCR and UEA archives, eight sets",
    claim="On sets this small a recurrent network is rarely better than one nearest neighbour under warped time.",
    metric="accuracy",
    also=("macro_f1",),
    higher_is_better=True,
    groups=tuple(Group(key=name, title=name) for name in SETS),
    rows=tuple(
        row
        for name in SETS
        for row in cells_and_rules(
            name, "ucr", rules=("majority", "nearest_euclid", "nearest_dtw"), overrides=(f"data.name={name}",),
            tune=Tune(path="optimizer.learning_rate", values=(0.001, 0.003)), seeds=(0, 1, 2), cells=CELLS,
        )
    ),
    digits=3,
    notes=("Nearest neighbours of the archive itself use all of train, half as much again as here.",),
)  # fmt: skip
