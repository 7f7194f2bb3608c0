"""SCAN: does an encoder-decoder understand commands made of parts that it knows, put together as it never saw?

    lstm-research table scan
    lstm-research table scan --only simple

Bidirectional encoder, decoder with attention, greedy; exact match of the whole action sequence. After Lake & Baroni,
arXiv:1711.00350, whose networks have two layers of 200 and see 100,000 single examples.
"""

from lstm_research.results import Experiment, Group, Tune, cells_and_rules

SPLITS = ("simple", "length", "jump", "turn_left")

EXPERIMENT = Experiment(
    name="scan",
    title="SCAN",
    claim="Recurrent encoder-decoders master commands like those they saw, and not longer ones, nor a word seen alone.",
    metric="exact",
    also=("token_accuracy", "nll"),
    higher_is_better=True,
    groups=tuple(Group(key=split, title=split) for split in SPLITS),
    rows=tuple(
        row
        for split in SPLITS
        for row in cells_and_rules(
            split, "scan", rules=("chance",), overrides=(f"data.split={split}",), seeds=(0, 1, 2),
            tune=Tune(path="optimizer.learning_rate", values=(0.001, 0.003)),
            cells={"GRU": ("gru", 150), "LSTM": ("lstm", 128)},
        )
    ),
    digits=3,
    notes=("No published value: those of Lake & Baroni 2018 were not at hand.",),
)  # fmt: skip
