"""Each law objects to what `broken.py` has broken for it, and to nothing about the same cell in good order."""

import jax
import pytest
from broken import BROKEN
from laws import LAWS
from subject import Subject

from lstm_research.models.layer import Layer

CASES = [(law, subject) for law, subjects in BROKEN.items() for subject in subjects]


def name(case: object) -> str:
    if isinstance(case, Subject):
        part = case.config if case.layer is Layer else case.layer
        return getattr(getattr(part, "function", part), "__name__", type(part).__name__)
    return str(case)


def test_every_law_has_a_broken_one() -> None:
    assert set(BROKEN) == set(LAWS)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(("law", "subject"), CASES, ids=name)
def test_law_catches_it(law: str, subject: Subject) -> None:
    # What a law says, or, where a law is that something can be done at all, what JAX says.
    with pytest.raises((AssertionError, jax.errors.ConcretizationTypeError, TypeError, NotImplementedError)) as caught:
        LAWS[law](subject)
    if not isinstance(caught.value, AssertionError):
        assert any(word in str(caught.value) for word in ("forward-mode", "concrete value")), caught.value
