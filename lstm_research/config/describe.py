"""What a config class says of itself: its keys, their types in words, defaults and docstrings."""

import ast
import dataclasses
import inspect
import itertools
import textwrap
import types
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from lstm_research.config.fields import SEEDS, TRACED, Kind, hints, kind_name, kind_of

_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
    type(None): "null",
    Any: "anything",
}
_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "multiple_of": "a multiple of"}


class Key(NamedTuple):
    """One key of a config: where it stands, what is allowed, what it means."""

    path: str
    type: str
    default: Any
    """`dataclasses.MISSING` for a key that must be given."""
    doc: str
    value: Any
    """What an instance has there; `dataclasses.MISSING` when a class is described."""


def describe(config: Any, prefix: str = "") -> list[Key]:
    """All keys of a config class or instance, sections included, in the order of the file.

    An instance also shows the keys inside its kinds; a class shows which kinds there are.
    """
    config_class: Any = config if isinstance(config, type) else type(config)
    docs = docstrings(config_class)
    rows: list[Key] = []
    for field in dataclasses.fields(config_class):
        hint = hints(config_class)[field.name]
        path, default = prefix + field.name, default_of(field)
        value = dataclasses.MISSING if config is config_class else getattr(config, field.name)
        inside: Any = (
            value if dataclasses.is_dataclass(value) else section(hint) if value is dataclasses.MISSING else None
        )
        kind = kind_of(hint)
        if inside is None:
            rows.append(Key(path, say(hint), default, docs.get(field.name, ""), value))
            continue
        if kind is not None:
            name = kind_name(inside)
            rows.append(Key(path + ".kind", say(hint), dataclasses.MISSING, docs.get(field.name, ""), name))
        rows.extend(describe(inside, path + "."))
    return rows


def docstrings(config_class: type) -> dict[str, str]:
    """field -> the string under it, inherited ones too, as one line; empty where the source is not at hand."""
    found: dict[str, str] = {}
    for base in reversed(config_class.__mro__):
        if not dataclasses.is_dataclass(base):
            continue
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        except (OSError, TypeError, SyntaxError, IndexError):
            continue
        body = getattr(tree, "body", [])
        for above, below in itertools.pairwise(body):
            if isinstance(above, ast.AnnAssign) and isinstance(above.target, ast.Name):
                if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                    if isinstance(below.value.value, str):
                        found[above.target.id] = " ".join(below.value.value.split())
    return found


def keys_of(config_class: type, kind: bool = False) -> list[str]:
    """The keys allowed in a section; `kind` comes first in one that names a kind."""
    return ["kind"] * kind + [field.name for field in dataclasses.fields(config_class) if field.init]


def say(hint: Any) -> str:
    """An annotation in words: 'a number >= 0 and < 1, or null'."""
    if get_origin(hint) is Annotated:
        inner, *metadata = get_args(hint)
        if SEEDS in metadata:
            return "a list of whole numbers, one whole number, or a range like 0:5"
        named = next((marker for marker in metadata if isinstance(marker, Kind)), None)
        if named is not None:
            return f"a mapping with `kind`, one of {', '.join(named.names())}, or a dotted module of your own"
        words = "a number" if TRACED in metadata else say(inner)
        limits = " and ".join(filter(None, map(_limit, metadata)))
        return f"{words} {limits}".strip()
    if get_origin(hint) is Literal:
        return " or ".join("null" if choice is None else str(choice) for choice in get_args(hint))
    if get_origin(hint) in (Union, types.UnionType):
        return ", or ".join(say(branch) for branch in get_args(hint))
    if get_origin(hint) in (tuple, list):
        items = [item for item in get_args(hint) if item is not Ellipsis]
        if Ellipsis in get_args(hint) or get_origin(hint) is list:
            return f"a list, each item {say(items[0])}"
        return f"a list of {len(items)}: " + ", ".join(map(say, items))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return "a mapping with the keys " + ", ".join(keys_of(hint))
    return _WORDS.get(hint) or str(getattr(hint, "__name__", hint))


def choices(hint: Any) -> list[str]:
    """The strings of the Literals in an annotation."""
    if get_origin(hint) is Literal:
        return [choice for choice in get_args(hint) if isinstance(choice, str)]
    inner = get_args(hint)[:1] if get_origin(hint) is Annotated else get_args(hint)
    return [choice for branch in inner for choice in choices(branch)]


def section(hint: Any) -> type | None:
    """The plain dataclass that an annotation asks for, None if it asks for something else."""
    branches = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    for branch in branches:
        inner = get_args(branch)[0] if get_origin(branch) is Annotated else branch
        if isinstance(inner, type) and dataclasses.is_dataclass(inner):
            return inner
    return None


def default_of(field: "dataclasses.Field[Any]") -> Any:
    """The default of a field, made if it must be; `dataclasses.MISSING` for a field that must be given."""
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default


def _limit(marker: Any) -> str:
    """'>= 0' for Ge(0); '' for a marker without words."""
    if hasattr(marker, "min_length") or hasattr(marker, "max_length"):
        low, high = getattr(marker, "min_length", 0), getattr(marker, "max_length", None)
        return " and ".join(filter(None, [f"of at least {low}" if low else "", f"of at most {high}" if high else ""]))
    parts = [
        f"{sign} {getattr(marker, name)}" for name, sign in _SIGNS.items() if getattr(marker, name, None) is not None
    ]
    return " and ".join(parts)
