"""Texts of four kinds: film reviews, questions, text messages, surnames. Which class is each of?

    lstm-research table texts
    lstm-research table texts --only sst2

Bidirectional RNN, GRU and LSTM of one size over an embedding that is learnt with them, the largest value of each state
over the text; a TCN and a small Transformer of that size; beside logistic regression on words and pairs of words, or on
one to four characters of surnames. Kim's LSTM-free numbers with pretrained embeddings are another task: here everything
is learnt from the sentences alone.

Not run as a table yet: the configs say what they have on test.
"""

from lstm_research.results import Experiment, Group, Tune, cells_and_rules

SETS = {
    "sst2": "SST-2, film reviews for or against",
    "trec": "TREC, what a question asks for",
    "sms_spam": "SMS Spam",
    "names": "Surnames of 18 languages",
}
CELLS = {
    "RNN": ("rnn", 152), "GRU": ("gru", 77), "LSTM": ("lstm", 64), "TCN": ("tcn", 34),
    "Transformer": ("transformer", 36),
}  # fmt: skip
"""Widths that give each about the parameters of an LSTM of 64 in both directions."""

EXPERIMENT = Experiment(
    name="texts",
    title="Texts",
    claim="Recurrent networks that learn from so few sentences alone are not ahead of a bag of words.",
    metric="accuracy",
    also=("macro_f1", "f1", "unknown"),
    higher_is_better=True,
    groups=tuple(Group(key=key, title=title) for key, title in SETS.items()),
    rows=tuple(
        row
        for key in SETS
        for row in cells_and_rules(
            key, key, rules=("majority", "bag_of_words"),
            tune=Tune(path="optimizer.learning_rate", values=(0.001, 0.003)), seeds=(0, 1, 2), cells=CELLS,
        )
    ),
    digits=3,
    notes=("Settings are selected on the loss of validation; f1 is that of the rarer of two classes.",),
)  # fmt: skip
