"""A config by name or path, with overrides: at most one `base:` below the file, `a.b=value` above it."""

import copy
import dataclasses
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from lstm_research.config import paths
from lstm_research.config.describe import section
from lstm_research.config.fields import hints, is_scalar, kind_name, kind_of
from lstm_research.config.schema import RunConfig
from lstm_research.config.validate import class_at, place_of, validate
from lstm_research.config.yaml import Document, Keys, describe_value, parse_value, read
from lstm_research.types import ConfigError

C = TypeVar("C")

_HEXADECIMAL = re.compile("[0-9a-fA-F]+")


@dataclass
class Draft(Document):
    """What the layers (base, file, overrides) say together, not validated yet."""

    inherited: dict[Keys, list[tuple[Any, set[str]]]] = field(default_factory=dict)
    """Section -> (kind it had in a lower layer, keys only from there), where a higher layer gives another kind."""


def load(name_or_path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> RunConfig:
    """The config in a file, found as `paths.find` does, with `a.b=value` overrides.

        load("adding", ["model.cell.kind=gru", "seeds=0:5"])

    Raises ConfigError, a line per fault.
    """
    return resolve(draft(name_or_path), overrides)


def draft(name_or_path: str | os.PathLike[str]) -> Draft:
    """A config file over its base, read but not validated: a sweep reads once and resolves many times."""
    path = paths.find("configs", name_or_path)
    document = read(path)
    if not {"grid", "search", "compare"}.isdisjoint(document.data):
        raise ConfigError(f"{path}: a sweep, not a config; `lstm-research sweep` takes it")
    if "base" not in document.data:
        return Draft(document.data, {(): str(_file_place(document, path)), **document.places})
    place, base = document.places["base",], document.data.pop("base")
    if not isinstance(base, str) or not base:
        raise ConfigError(f"{place}: base: found {describe_value(base)}; allowed: the name or path of one config")
    try:
        beside = [file for file in (path.parent / base, path.parent / (base + ".yaml")) if file.is_file()]
        below = beside[0] if beside else paths.find("configs", base)
    except ConfigError as error:
        raise ConfigError(f"{place}: base: {error}") from None
    lower = read(below)
    if "base" in lower.data:
        chain = "itself" if below.resolve() == path.resolve() else f"{base!r}, which has a base itself"
        raise ConfigError(f"{place}: base: is {chain}; one base at most: copy the few keys that are needed")
    joined = Draft(lower.data, dict(lower.places))
    merge(joined, document)
    joined.places[()] = str(_file_place(document, path))
    return joined


def resolve(
    layers: Draft,
    overrides: Sequence[str] = (),
    config_class: type[C] = RunConfig,  # type: ignore[assignment]
    *,
    trust_code: bool = True,
) -> C:
    """The config that a draft and overrides mean. The last override of a key wins; the draft stays as it is."""
    joined = overlaid(layers, overrides, config_class)
    if joined.inherited:
        validate(config_class, joined.data, joined.places, trust_code=trust_code, shallow=True)
        _drop(config_class, joined.data, (), joined)
    return validate(config_class, joined.data, joined.places, trust_code=trust_code)


def overlaid(layers: Draft, overrides: Sequence[str], config_class: type = RunConfig) -> Draft:
    """A draft with overrides on top: a new one, whose `places` say where each key was given."""
    joined = copy.deepcopy(layers)
    above = Draft({})
    for override in overrides:
        merge(above, _override(override, config_class))
    merge(joined, above)
    return joined


def from_dict(data: dict[str, Any], where: str = "", *, trust_code: bool = True) -> RunConfig:
    """The config in plain data, as `to_dict` gives it. `where` begins each error.

    Without `trust_code` a dotted kind, which is code of whoever wrote the data, is refused and not imported.
    """
    return validate(RunConfig, data, {(): where} if where else {}, trust_code=trust_code)


def to_dict(config: Any) -> dict[str, Any]:
    """All fields as plain data that JSON can hold, `kind` first in its section; `from_dict` is the inverse."""
    plain: dict[str, Any] = {}
    annotations = hints(type(config))
    for item in dataclasses.fields(config):
        value = getattr(config, item.name)
        if dataclasses.is_dataclass(value):
            named = {"kind": kind_name(value)} if kind_of(annotations[item.name]) else {}
            plain[item.name] = {**named, **to_dict(value)}
        elif value is not None and is_scalar(annotations[item.name]):
            plain[item.name] = float(value)
        else:
            plain[item.name] = _lists(value)
    return plain


def _lists(value: Any) -> Any:
    return [_lists(item) for item in value] if isinstance(value, tuple | list) else value


def _file_place(document: Document, path: Path) -> str:
    """The file's name as its own places have it."""
    first = next(iter(document.places.values()), "")
    return first.rpartition(":")[0] or str(path)


def _override(text: str, config_class: type) -> Document:
    """One `a.b=value`."""
    place = f"override {text!r}"
    path, equals, right = text.partition("=")
    keys = tuple(path.strip().split("."))
    if not equals or not all(key.isidentifier() for key in keys):
        raise ConfigError(f"{place}: not of the form a.b=value, for example model.cell.kind=gru")
    if not right.strip():
        raise ConfigError(f"{place}: no value; write {path}=null for none, or {path}=\"''\" for an empty string")
    # Run ids are hexadecimal: 0657, 1234 and 12e5 are three of them, and no numbers.
    value: Any = right if _is_text(config_class, keys) and _HEXADECIMAL.fullmatch(right) else parse_value(right, place)
    for key in reversed(keys):
        value = {key: value}
    return Document(value, {keys: place})


def _is_text(config_class: Any, keys: Keys) -> bool:
    """Whether the field is free text; inside a kind, which is not imported yet, that is not known."""
    for key in keys[:-1]:
        hint = hints(config_class).get(key)
        config_class = None if hint is None or kind_of(hint) else section(hint)
        if config_class is None:
            return False
    hint = hints(config_class).get(keys[-1])
    return hint is str or str in get_args(hint)


def merge(lower: Draft, upper: Document) -> None:
    """Lay `upper` over `lower`, in place: sections are joined key by key, all else is replaced."""

    def join(below: dict[str, Any], above: dict[str, Any], keys: Keys) -> None:
        if "kind" in above and "kind" in below and above["kind"] != below["kind"]:
            lower.inherited.setdefault(keys, []).append((below["kind"], set(below) - {"kind"}))
        for key, value in above.items():
            inner = (*keys, key)
            for _, inherited in lower.inherited.get(keys, ()):
                inherited.discard(key)
            if isinstance(value, dict) and isinstance(below.get(key), dict):
                join(below[key], value, inner)
                continue
            for old in [place for place in lower.places if place[: len(inner)] == inner]:
                del lower.places[old]
            below[key] = copy.deepcopy(value)

    join(lower.data, upper.data, ())
    for keys, place in upper.places.items():
        lower.places[keys] = place


def _drop(config_class: type, data: dict[str, Any], keys: Keys, layers: Draft) -> None:
    """Drop keys that came with another kind from a lower layer: those the old kind has and the new one has not."""
    for name, hint in hints(config_class).items():
        value, inner = data.get(name), (*keys, name)
        if not isinstance(value, dict):
            continue
        inside = class_at(hint, value)
        if inside is None:
            continue
        kind = kind_of(hint)
        for old, inherited in layers.inherited.get(inner, ()) if kind else ():
            try:
                had = {item.name for item in dataclasses.fields(cast(Any, kind).config(old))}
            except ConfigError as error:
                raise ConfigError(f"{place_of(inner, layers.places)}: {'.'.join(inner)}: below it: {error}") from None
            for key in inherited & had - {item.name for item in dataclasses.fields(inside)}:
                value.pop(key, None)
        _drop(inside, value, inner, layers)
