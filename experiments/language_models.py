"""Language models: how well does each cell foresee the next character of Shakespeare, the next word of Wikipedia?

    lstm-research table language_models
    lstm-research table language_models --only shakespeare

Tiny Shakespeare by characters, 90 / 5 / 5 % of the text; WikiText-2 by words, as published, at a size that two cores
train. n-grams with Kneser-Ney smoothing beside them. The config's LSTM has 2.31 bits per character on test, 7-grams
have 2.28; that of WikiText-2 has a perplexity of 200. Not run as a table yet.
"""

from lstm_research.results import Experiment, Group, Tune, cells_and_rules

EXPERIMENT = Experiment(
    name="language_models",
    title="Language models",
    claim="A small LSTM foresees the next character hardly better than long n-grams do, and the next word better.",
    metric="nll",
    also=("perplexity", "bits_per_character", "unknown"),
    higher_is_better=False,
    groups=(
        Group(key="shakespeare", title="Tiny Shakespeare, characters"),
        Group(key="wikitext2", title="WikiText-2, words"),
    ),
    rows=(
        *cells_and_rules(
            "shakespeare", "tiny_shakespeare", rules=("chance", "ngram"),
            tune=Tune(path="optimizer.learning_rate", values=(0.002, 0.005)), seeds=(0, 1, 2),
            cells={"RNN": ("rnn", 540), "GRU": ("gru", 300), "LSTM": ("lstm", 256)},
        ),
        *cells_and_rules(
            "wikitext2", "wikitext2", rules=("chance", "ngram"), seeds=(0, 1, 2),
            cells={"GRU": ("gru", 204), "LSTM": ("lstm", 200)},
        ),
    ),
    notes=("Each of 64 parts of a split is read from the initial state.",),
)  # fmt: skip
