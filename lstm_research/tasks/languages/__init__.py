"""Formal languages: strings made on the device, and what is asked of them. A file for each family.

A folder of `tasks`, since every file there is a task: these are all one, `tasks/formal_language.py`.
"""

from typing import Literal

from lstm_research.tasks.languages import counting, reber, regular, stacks, transductions
from lstm_research.tasks.languages.language import NOT_ASKED, Language, String

__all__ = ["NOT_ASKED", "Language", "Name", "String", "language"]

Name = Literal[
    "parity", "even_pairs", "cycle_navigation", "modular_arithmetic",
    "reverse", "duplicate", "odds_first", "bucket_sort", "binary_addition",
    "stack_manipulation", "modular_arithmetic_brackets", "dyck",
    "anbn", "anbncn",
    "reber", "embedded_reber", "continual_reber",
]  # fmt: skip

_NAMED = regular.LANGUAGES | transductions.LANGUAGES | stacks.LANGUAGES | counting.LANGUAGES | reber.LANGUAGES


def language(name: Name, k: int = 2) -> Language:
    """The language of a name; `k`, kinds of brackets, is of `dyck` alone."""
    return stacks.dyck(k) if name == "dyck" else _NAMED[name]
