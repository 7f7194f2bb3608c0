"""Every cell, found by listing the folder, obeys every law on every engine it supports."""

import importlib
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from laws import LAWS
from subject import Subject

import lstm_research.cells
from lstm_research.models.layer import Layer

HIDDEN = 4
FIELDS = {
    "flax_cell": [{"name": name} for name in ("LSTMCell", "OptimizedLSTMCell", "GRUCell", "SimpleCell")],
    "lstm_variant": [{"variant": name} for name in ("nig", "nfg", "nog", "niaf", "noaf", "cifg")],
    "min_gru": [{"candidate": "linear"}, {"candidate": "positive"}],
    "min_lstm": [{"candidate": "linear"}, {"candidate": "positive"}],
    "rnn": [{"activation": "tanh"}, {"activation": "relu"}],
}
"""What a config needs, or should be tried with, besides `hidden`."""

LAYERS = {"checkpointed": partial(Layer, checkpoint_every=4)}
"""Of the six steps the second segment then holds two, and two that fill it."""

VARIANTS = ("flax_cell", "rnn-relu", "min_gru-positive", "min_lstm-positive", "lstm_variant")
VARIANT_LAWS = {
    "engine_equals_reference",
    "fold_of_step_equals_call",
    "padding_content_never_matters",
    "masked_steps_hold_the_carry",
    "finite_differences",
    "parameter_count",
}
"""For cells of Flax's, where these test our adapter, and for another form of a cell that obeys them all."""

WHOLE = ("tcn", "transformer")
"""Not recurrent: `test_whole_cells.py` has their laws."""
KINDS = sorted({path.stem for path in Path(lstm_research.cells.__file__).parent.glob("[!_]*.py")} - set(WHOLE))


def subjects() -> dict[str, Subject]:
    found = {}
    for kind in KINDS:
        module = importlib.import_module(f"lstm_research.cells.{kind}")
        for fields in FIELDS.get(kind, [{}]):
            for engine in module.Config.engines:
                name = "-".join([kind, *fields.values(), engine])
                found[name] = Subject(module.Config(hidden=HIDDEN, **fields), engine, LAYERS.get(engine, Layer))
    return found


SUBJECTS = subjects()


def test_supported_engines() -> None:
    """A cell that gains or loses an engine changes this line."""
    engines = {kind: importlib.import_module(f"lstm_research.cells.{kind}").Config.engines for kind in KINDS}
    assert engines == {
        "flax_cell": ("checkpointed", "reference"),
        "full_gate_lstm": ("checkpointed", "reference"),
        "gru": ("checkpointed", "reference", "fused"),
        "gru_d": ("checkpointed", "reference"),
        "gru_reset_before": ("checkpointed", "reference"),
        "layer_norm_lstm": ("checkpointed", "reference"),
        "lstm": ("checkpointed", "reference", "fused"),
        "lstm_variant": ("checkpointed", "reference", "fused"),
        "min_gru": ("checkpointed", "reference", "associative", "fused"),
        "min_lstm": ("checkpointed", "reference", "associative", "fused"),
        "peephole_lstm": ("checkpointed", "reference", "fused"),
        "rnn": ("checkpointed", "reference", "fused"),
    }


def applies(name: str, law: str) -> bool:
    reference = SUBJECTS[name].engine == "reference"
    # The reference engine is plain JAX: that vmap goes through it is JAX's law. Forward mode is the reference's alone.
    if name.startswith(VARIANTS) and law not in VARIANT_LAWS:
        return False
    if law in ("engine_equals_reference", "members_are_independent", "forward_mode"):
        return reference == (law == "forward_mode")
    return True


def mark(name: str) -> Any:
    """`checkpointed` wraps the cell's other engines: its laws are fast tests for one cell of each kind."""
    slow = name.endswith("-checkpointed") and not name.startswith(("lstm-", "min_gru-linear"))
    slow = slow or (name.startswith("lstm_variant") and "cifg" not in name)  # their equations are tested as fast
    return pytest.param(name, marks=pytest.mark.slow if slow else ())


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("name", [mark(name) for name in SUBJECTS])
def test_laws(name: str) -> None:
    """One test per subject, since its laws share compiled functions; every law that objects is reported."""
    objections = []
    for law in LAWS:
        if applies(name, law):
            try:
                LAWS[law](SUBJECTS[name])
            except Exception as error:
                error.add_note(f"{name} breaks the law {law}")
                objections.append(error)
    if objections:
        raise ExceptionGroup(f"{name} breaks {len(objections)} laws", objections)
