"""The type checker that the import hook in conftest.py applies to every function and dataclass of ours."""

from typing import Any

from beartype import beartype
from beartype.roar import BeartypeDecorHintPep3119Exception


def checked(thing: Any) -> Any:
    """`beartype`, but for a hint that names a Protocol without `@runtime_checkable`: that function stays unchecked."""
    try:
        return beartype(thing)
    except BeartypeDecorHintPep3119Exception:
        return thing
