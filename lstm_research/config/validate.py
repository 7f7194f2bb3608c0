"""From plain data to a config, with every fault told in one line: where, what, what is allowed, the nearest match."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin

from lstm_research.config.describe import choices, docstrings, keys_of, say, section
from lstm_research.config.fields import hints, kind_of
from lstm_research.config.kinds import adapter
from lstm_research.config.nearest import nearest
from lstm_research.config.yaml import Keys, describe_value
from lstm_research.types import ConfigError

C = TypeVar("C")


def validate(
    config_class: type[C],
    data: Any,
    places: Mapping[Keys, str] | None = None,
    *,
    trust_code: bool = True,
    shallow: bool = False,
) -> C:
    """The config that `data` means; ConfigError with a line per fault, each beginning with its place if it is known.

    Kinds are looked at from outside first, so a fault elsewhere is told before a cell (and JAX) is imported; `shallow`
    stops there. Then each section's own `check()`, if it has one, may raise ValueError for keys that are at odds.
    """
    from pydantic import ValidationError

    places = places or {}
    if not isinstance(data, dict):
        raise ConfigError(f"{describe_value(data)} is not a config; a mapping is wanted")
    try:
        text = json.dumps(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"{_prefix((), places)}not plain data: {error}") from None
    config: Any = None
    try:
        for context in ({"shallow": True, "trust_code": trust_code}, {"trust_code": trust_code}):
            if not (shallow and len(context) == 1):
                config = adapter(config_class).validate_json(text, context=context)
    except ValidationError as error:
        raise ConfigError("\n".join(_lines(config_class, data, places, error.errors(include_url=False)))) from None
    if not shallow:
        faults = list(_checks(config, (), places))
        if faults:
            raise ConfigError("\n".join(faults))
    return config


def place_of(keys: Keys, places: Mapping[Keys, str]) -> str:
    """Where a key was written: its own place, else one inside it, else that of the nearest section around, else ''."""
    if keys and keys not in places:
        for written, place in places.items():
            if written[: len(keys)] == keys:
                return place
    for length in range(len(keys), -1, -1):
        if keys[:length] in places:
            return places[keys[:length]]
    return ""


def class_at(hint: Any, value: Any) -> type | None:
    """The dataclass that `value` is to fill, when the annotation asks for one; a kind's is imported."""
    kind = kind_of(hint)
    if kind is None:
        return section(hint)
    try:
        return kind.config(value["kind"])
    except (ConfigError, KeyError, TypeError):
        return None


def _prefix(keys: Keys, places: Mapping[Keys, str]) -> str:
    place = place_of(keys, places)
    return (f"{place}: " if place else "") + (f"{'.'.join(keys)}: " if keys else "")


def _checks(config: Any, keys: Keys, places: Mapping[Keys, str]) -> Any:
    """What the `check` methods in a tree of configs object to, the inner ones first."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        inside: dict[Keys, Any] = {(): value} if dataclasses.is_dataclass(value) else {}
        if isinstance(value, dict):
            inside = {(key,): one for key, one in value.items() if dataclasses.is_dataclass(one)}
        for more, one in inside.items():
            yield from _checks(one, (*keys, field.name, *more), places)
    check = getattr(config, "check", None)
    if callable(check):
        try:
            check()
        except ValueError as error:
            yield _prefix(keys, places) + " ".join(str(error).split())


def _lines(config_class: type, data: Any, places: Mapping[Keys, str], details: list[Any]) -> list[str]:
    """A line per fault; a key that is missing because it is misspelt is one fault."""
    lines = {(detail["type"], detail["loc"]): _line(config_class, data, places, detail) for detail in details}
    for (fault, loc), line in list(lines.items()):
        if fault == "unexpected_keyword_argument" and "; did you mean '" in line:
            meant = line.rpartition("; did you mean '")[2].removesuffix("'?")
            lines.pop(("missing", (*loc[:-1], meant)), None)
    return list(dict.fromkeys(lines.values()))


def _line(config_class: type, data: Any, places: Mapping[Keys, str], detail: Any) -> str:
    """One of pydantic's faults as a line of ours."""
    keys, hint, owner, named, value = _walk(config_class, data, detail["loc"])
    fault = detail["type"]
    if fault == "unexpected_keyword_argument":
        allowed = keys_of(owner, kind=named is not None) if owner else []
        of = f" of kind {named!r}" if named else ""
        elsewhere = nearest(keys[-1], allowed) or _elsewhere(config_class, keys[-1])
        return f"{_prefix(keys, places)}unknown key{of}; allowed: {', '.join(allowed)}{elsewhere}"
    if fault == "missing" and not isinstance(value, list):
        doc = docstrings(owner).get(keys[-1], "") if owner else ""
        place = place_of(keys[:-1], places)
        means = f" ({doc.rstrip('.')})" if doc else ""
        return f"{place + ': ' if place else ''}{'.'.join(keys)}: missing; give {say(hint)}{means}"
    if fault == "kind":
        keys = (*keys, "kind")
        return f"{_prefix(keys, places)}{detail['ctx']['text']}"
    if fault == "no_kind":
        keys = (*keys, "kind")
        near = next((key for key in value if nearest(key, ["kind"])), None)
        return f"{_prefix(keys, places)}{detail['ctx']['text']}" + (
            f"; did you mean 'kind' by {near!r}?" if near else ""
        )
    if fault == "value_error":
        return _prefix(keys, places) + " ".join(str(detail["ctx"]["error"]).split())
    near = nearest(value, choices(hint)) if isinstance(value, str) else ""
    kind = kind_of(hint)
    if kind is not None and isinstance(value, str) and value in kind.names():
        near = f"; did you mean {{kind: {value}}}?"
    return f"{_prefix(keys, places)}found {_found(value)}; allowed: {say(hint)}{near}"


def _found(value: Any) -> str:
    """The value, with a word more where YAML may have surprised."""
    if isinstance(value, str):
        return f"the string {describe_value(value)}"
    return describe_value(value)


def _walk(config_class: type, data: Any, loc: tuple[Any, ...]) -> tuple[Keys, Any, type | None, str | None, Any]:
    """(keys, annotation, class it stands in, kind of that class, value found) of the place that pydantic means.

    Its `loc` also has the branches of unions, which are no keys; they are left out.
    """
    keys: Keys = ()
    hint: Any = config_class
    value, owner, named = data, None, None
    for element in loc:
        inside = class_at(hint, value)
        if isinstance(value, dict) and (element in value or (inside and element in keys_of(inside))):
            owner = inside
            named = value.get("kind") if kind_of(hint) else None
            hint = hints(inside).get(element, Any) if inside else _values(hint)
            value = value.get(element)
        elif isinstance(value, list | tuple) and isinstance(element, int) and element < len(value):
            hint, value = _item(hint, element), value[element]
        else:
            continue
        keys = (*keys, str(element))
    return keys, hint, owner, named, value


def _values(hint: Any) -> Any:
    """The annotation of the values of a dict."""
    return get_args(hint)[1] if get_origin(hint) is dict else Any


def _item(hint: Any, index: int) -> Any:
    """The annotation of an item of a list."""
    while hint is not None and get_origin(hint) not in (tuple, list):
        inner = [branch for branch in get_args(hint) if get_args(branch)]
        if not inner:
            return Any
        hint = inner[0]
    items = [item for item in get_args(hint) if item is not Ellipsis]
    return items[min(index, len(items) - 1)] if items else Any


def _elsewhere(config_class: type, key: str, prefix: str = "") -> str:
    """'; did you mean 'training.steps'?' for a key that belongs into another section (kinds are not looked into)."""
    for name, hint in hints(config_class).items():
        inside = None if kind_of(hint) else section(hint)
        if inside is not None:
            if key in keys_of(inside):
                return f"; did you mean '{prefix}{name}.{key}'?"
            found = _elsewhere(inside, key, f"{prefix}{name}.")
            if found:
                return found
    return ""
