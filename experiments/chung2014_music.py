"""Chung et al. 2014, Table 2, music: do gated cells beat a plain tanh network on polyphonic music, and which one?

    lstm-research table chung2014_music --only jsb
    lstm-research table chung2014_music                     (JSB Chorales and Nottingham)
    lstm-research table chung2014_music --only musedata --only piano_midi

Paper: Chung, Gulcehre, Cho & Bengio, Empirical Evaluation of Gated Recurrent Neural Networks on Sequence Modeling,
arXiv:1412.3555. One recurrent layer of the published size: tanh 100, GRU 46 (reset before the recurrent product),
LSTM 36 (peepholes). RMSProp, weight noise 0.075, gradient norm clipped at 1, the learning rate that is best on
validation, early stopping on validation. Batch size, epochs and initialisers are not stated; the configs say ours.

Expected: on JSB test at most the published values, the naive rules far above. On Nottingham, in 24 epochs over windows
of 100 steps, clearly worse than published: the best rate is the largest one tried and training has not levelled off, so
budget and rates are the first things to suspect. About 40 minutes on two cores for each of the two.
"""

from math import exp

from lstm_research.results import Experiment, Group, Published, Row, Tune, log_uniform

SOURCE = "Chung et al. 2014 (arXiv:1412.3555), Table 2, test; one run, best of 10 learning rates"
LOW, HIGH = exp(-12), 1e-2

GROUPS = (
    Group(key="jsb", title="JSB Chorales"),
    Group(key="nottingham", title="Nottingham"),
    Group(key="musedata", title="MuseData", default=False),
    Group(key="piano_midi", title="Piano-midi", default=False),
)

MODELS = {
    "tanh 100": ("model.cell.kind=rnn", "model.cell.hidden=100"),
    "GRU 46": ("model.cell.kind=gru_reset_before", "model.cell.hidden=46"),
    "LSTM 36": ("model.cell.kind=peephole_lstm", "model.cell.hidden=36"),
}

PUBLISHED = {
    "jsb": (9.10, 8.54, 8.67),
    "nottingham": (3.13, 3.23, 3.20),
    "musedata": (6.23, 5.99, 6.23),
    "piano_midi": (9.03, 8.82, 9.03),
}
"""NLL per time step on test, in the order of MODELS."""

NAIVE = {
    "chance (every note 1/2)": "chance",
    "per-note frequency": "music_marginal",
    "repeat the last chord": "music_repeat",
    "per-note Markov chain": "music_markov",
}

DRAWN = log_uniform(LOW, HIGH, 10, seed=2014)
"""Learning rates: drawn once, the same for every cell."""
RATES = {"jsb": DRAWN, "nottingham": DRAWN[1::2], "musedata": DRAWN[1::2], "piano_midi": DRAWN[1::2]}
"""The larger sets are tuned with every second rate."""
SEEDS = {"jsb": 10, "nottingham": 5, "musedata": 5, "piano_midi": 5}


def rows(group: str) -> list[Row]:
    """Naive rules, then the three cells with one and the same tuning budget."""
    config = f"chung2014/{group}"
    tune = Tune(path="optimizer.learning_rate", values=RATES[group], seeds=(0,))
    naive = [Row(label=label, group=group, config=config, naive=rule) for label, rule in NAIVE.items()]
    trained = [
        Row(
            label=label,
            group=group,
            config=config,
            overrides=overrides,
            published=Published(value, SOURCE),
            tune=tune,
            seeds=tuple(range(SEEDS[group])),
        )
        for (label, overrides), value in zip(MODELS.items(), PUBLISHED[group], strict=True)
    ]
    return naive + trained


EXPERIMENT = Experiment(
    name="chung2014_music",
    title="Polyphonic music: tanh, GRU and LSTM (Chung et al. 2014, Table 2)",
    claim="Gated cells model polyphonic music at least as well as a tanh network of about the same size.",
    metric="nll",
    higher_is_better=False,
    unit="nats per step, summed over 88 notes",
    groups=GROUPS,
    rows=tuple(row for group in GROUPS for row in rows(group.key)),
    sizes="as published",
    notes=(
        "The public files have 88 keys where the paper reports 93 to 108 inputs, so the "
        "parameter counts are ours and the values may differ slightly; they are compared all the same. Ours count the "
        "output layer; the paper's (about 20.1k, 20.2k and 19.8k) fit the recurrent layer alone, which has "
        f"{100 * (88 + 100 + 1):,}, {3 * 46 * (88 + 46 + 1):,} and {4 * 36 * (88 + 36 + 1) + 3 * 36:,} here.",
        "Learning rates are log-uniform between e^-12 and 0.01, ten drawn once, the same for each cell (every second "
        "of them for the larger sets); the paper's range ends at e^-6 = 0.0025.",
        "The tuning seed is one of the seeds that are averaged. Each cell was tuned with the same number of trials.",
    ),
)
