"""What a config field may say of itself: `Scalar` (may be traced), `Kind` (names a file), `SEEDS`."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

from lstm_research.config.kinds import Kind, kind_name

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ["SEEDS", "TRACED", "Kind", "Scalar", "hints", "is_scalar", "kind_name", "kind_of", "markers"]

SEED_LIMIT = 2**32
"""A JAX key keeps 32 bits of a seed, so a larger one would silently repeat another seed's run."""

_MOST_SEEDS = 100_000


class Traced:
    """Marks a hyperparameter that may be stacked along the member axis: finite at load, maybe a tracer later."""

    def __repr__(self) -> str:
        return "TRACED"

    def __get_pydantic_core_schema__(self, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema

        return core_schema.float_schema(strict=True, allow_inf_nan=False)


TRACED = Traced()

Scalar = Annotated[Any, TRACED]
"""The type of a field that the plan may trace: `learning_rate: Annotated[Scalar, Gt(0)]`.

A finite number in files (whole numbers become floats; booleans and strings are refused). The annotation is `Any`
because inside a compiled function the same field holds a tracer.
"""


class Seeds:
    """Validates seeds: a list of whole numbers, one whole number, or 'a:b' for a .. b-1; not empty, no duplicates."""

    def __repr__(self) -> str:
        return "SEEDS"

    def __get_pydantic_core_schema__(self, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(_seeds)


SEEDS = Seeds()


def _seeds(value: Any) -> tuple[int, ...]:
    """The seeds that a file or an override means; raises ValueError."""
    if isinstance(value, str):
        first, colon, last = value.partition(":")
        if not (colon and first.isdecimal() and last.isdecimal() and first.isascii() and last.isascii()):
            raise ValueError(
                f"found {value!r}; allowed: a list of whole numbers, one whole number, or a range like 0:5"
            )
        if len(first) > 10 or len(last) > 10 or int(last) - int(first) > _MOST_SEEDS:
            raise ValueError(f"{value!r} is more than {_MOST_SEEDS} seeds, or a seed from 2^32 up")
        value = list(range(int(first), int(last)))
        if not value:
            raise ValueError(
                f"the range {first}:{last} is empty; a:b means a .. b-1, for example {first}:{int(first) + 5}"
            )
    seeds = list(value) if isinstance(value, list | tuple) else [value]
    for seed in seeds:
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise ValueError(f"found {seed!r}; a seed is a whole number: give a list of them, one, or a range like 0:5")
        if not 0 <= seed < SEED_LIMIT:
            raise ValueError(f"seed {seed} is out of range; allowed: 0 to {SEED_LIMIT - 1}")
    if not seeds:
        raise ValueError("no seeds; give at least one, for example [0]")
    seed, times = Counter(seeds).most_common(1)[0]
    if times > 1:
        raise ValueError(f"seed {seed} stands {times} times; each seed is one run")
    return tuple(seeds)


_hints: dict[type, dict[str, Any]] = {}


def hints(config_class: type) -> dict[str, Any]:
    """The annotations of a config class with their metadata, kept: resolving them is slow."""
    if config_class not in _hints:
        _hints[config_class] = get_type_hints(config_class, include_extras=True)
    return _hints[config_class]


def markers(hint: Any) -> list[Any]:
    """All metadata in an annotation, that of the branches of a union too."""
    if get_origin(hint) is Annotated:
        inner, *metadata = get_args(hint)
        return [*markers(inner), *metadata]
    if get_origin(hint) in (None, tuple, list, dict):
        return []
    return [marker for branch in get_args(hint) for marker in markers(branch)]


def is_scalar(hint: Any) -> bool:
    """Whether a field with this annotation is a `Scalar`, constrained or optional or not."""
    return TRACED in markers(hint)


def kind_of(hint: Any) -> Kind | None:
    """The `Kind` in an annotation, if it has one."""
    return next((marker for marker in markers(hint) if isinstance(marker, Kind)), None)
