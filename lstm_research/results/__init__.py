"""What a finished run leaves behind, and how tables are made from it, without JAX."""

from lstm_research.results.cells import cells_and_rules
from lstm_research.results.experiment import Experiment
from lstm_research.results.published import Published
from lstm_research.results.record import Evaluation, Record
from lstm_research.results.rows import Group, Heat, Quick, Row, Share, Tune, log_uniform
from lstm_research.results.store import Store

__all__ = [
    "Evaluation",
    "Experiment",
    "Group",
    "Heat",
    "Published",
    "Quick",
    "Record",
    "Row",
    "Share",
    "Store",
    "Tune",
    "cells_and_rules",
    "log_uniform",
]
