"""`Kind`: a field whose value is `{kind: NAME, ...}`; the file NAME.py of a folder says what the rest may be.

The file name is the name: there is no registry. A dotted name is a module of the user's own.
"""

import ast
import dataclasses
import importlib
import importlib.util
import json
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_research.config import paths
from lstm_research.config.nearest import unknown
from lstm_research.types import ConfigError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, TypeAdapter
    from pydantic_core import CoreSchema

_folders: set[str] = set()
_adapters: dict[type, "TypeAdapter[Any]"] = {}


@dataclass(frozen=True)
class Kind:
    """Marks a field that names a module of `package`, whose `Config` (a frozen, keyword-only dataclass) takes the rest.

    cell: Annotated[Any, Kind("lstm_research.cells")]      # {kind: lstm, hidden: 128}
    """

    package: str

    def __post_init__(self) -> None:
        _folders.add(self.package)

    def files(self) -> dict[str, Path]:
        """name -> file of every module in the folder, sorted, found without importing anything."""
        top, *rest = self.package.split(".")
        spec = importlib.util.find_spec(top)
        found: dict[str, Path] = {}
        for root in (spec.submodule_search_locations or []) if spec else []:
            for file in Path(root, *rest).glob("*.py"):
                if not file.stem.startswith("_"):
                    found.setdefault(file.stem, file)
        return dict(sorted(found.items()))

    def names(self) -> list[str]:
        """The short names of the folder's modules."""
        return list(self.files())

    def summaries(self) -> dict[str, str]:
        """name -> first line of the module's docstring, read without importing it: what `list cells` prints."""
        lines: dict[str, str] = {}
        for name, file in self.files().items():
            try:
                text = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
            except SyntaxError as error:
                text = f"(cannot be read: {error.msg}, line {error.lineno})"
            lines[name] = text.partition("\n")[0]
        return lines

    def config(self, name: Any, trust_code: bool = True) -> type:
        """The `Config` class of a kind; imports its module. Raises ConfigError, if the name is unknown before that."""
        return _config_class(self.module(name, trust_code), name)

    def module(self, name: Any, trust_code: bool = True) -> str:
        """The module that a kind means; nothing is imported. Raises ConfigError."""
        what = self.package.rpartition(".")[2]
        if not isinstance(name, str):
            raise ConfigError(
                f"{name!r} is not a name; allowed: {', '.join(self.names())}, or a dotted module of your own"
            )
        if "." not in name:
            if name not in self.files():
                raise ConfigError(unknown("kind", name, self.names(), f"not in {what}/"))
            return f"{self.package}.{name}"
        if not all(part.isidentifier() for part in name.split(".")):
            raise ConfigError(f"kind {name!r} is not a module name; write it like my_lab.{what}.foo")
        if not trust_code and not name.startswith("lstm_research."):
            raise ConfigError(
                f"kind {name!r} is code of whoever made this run and is not imported; --trust-code allows it"
            )
        return name

    def __get_pydantic_core_schema__(self, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema

        return core_schema.with_info_plain_validator_function(self._validate)

    def _validate(self, value: Any, info: Any) -> Any:
        """The `Config` instance that a mapping means; with context 'shallow' only its kind is looked at."""
        from pydantic_core import PydanticCustomError

        context = info.context or {}
        if not isinstance(value, dict):
            raise PydanticCustomError("not_a_kind", "a mapping with the key 'kind' is wanted")
        if "kind" not in value:
            raise PydanticCustomError("no_kind", "{text}", {"text": f"missing; allowed: {', '.join(self.names())}"})
        try:
            trust = context.get("trust_code", True)
            if context.get("shallow"):
                self.module(value["kind"], trust)
                return value
            validator = adapter(self.config(value["kind"], trust))
        except ConfigError as error:
            raise PydanticCustomError("kind", "{text}", {"text": str(error)}) from None
        rest = {key: item for key, item in value.items() if key != "kind"}
        config = validator.validate_json(json.dumps(rest), context=context)
        try:
            hash(config)
        except TypeError as error:
            text = f"kind {value['kind']!r}: its Config is no key for a compiled program: {error}; use tuples"
            raise PydanticCustomError("kind", "{text}", {"text": text}) from None
        return config


def kind_name(config: Any) -> str:
    """The name under which a file may ask for this config: short for a module of a Kind's folder, else dotted."""
    module = type(config).__module__
    folder, _, name = module.rpartition(".")
    return name if folder in _folders else module


def adapter(config_class: type) -> "TypeAdapter[Any]":
    """The strict validator of a dataclass: no unknown keys, finite numbers, no conversion but to float."""
    if config_class not in _adapters:
        from typing import NewType

        from pydantic import ConfigDict, TypeAdapter

        # A NewType, since pydantic takes no config beside a dataclass itself.
        alias: Any = NewType("alias", config_class)  # type: ignore[misc,valid-newtype,valid-type]
        strict = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
        try:
            _adapters[config_class] = TypeAdapter(alias, config=strict)
        except Exception as error:  # an annotation that cannot be resolved, a type that cannot come from a file
            why = " ".join(str(error).split())[:200]
            raise ConfigError(f"{config_class.__module__}.{config_class.__qualname__}: {why}") from error
    return _adapters[config_class]


def _config_class(module_name: str, kind: str) -> type:
    """Import a module and return its `Config`; ConfigError where there is none or it is not fit."""
    module = _import(module_name, kind)
    where = getattr(module, "__file__", module_name)
    config_class = getattr(module, "Config", None)
    if not isinstance(config_class, type) or not dataclasses.is_dataclass(config_class):
        raise ConfigError(f"kind {kind!r}: {where} has no dataclass named Config")
    if config_class.__module__ != module_name:
        raise ConfigError(
            f"kind {kind!r}: Config in {where} is that of {config_class.__module__}; make a subclass of it here"
        )
    parameters = config_class.__dataclass_params__  # type: ignore[attr-defined]
    if not parameters.frozen or any(field.init and not field.kw_only for field in dataclasses.fields(config_class)):
        raise ConfigError(f"kind {kind!r}: Config in {where} must be @dataclass(frozen=True, kw_only=True)")
    return config_class


def _import(module_name: str, kind: str) -> Any:
    """Import a kind's module; a user's own is looked for in the current folder and in LSTM_RESEARCH_PATH first."""
    if "." in kind:
        for folder in reversed(paths.search_path()):
            if str(folder) not in sys.path:
                sys.path.insert(0, str(folder))
        importlib.invalidate_caches()
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name == error.name or module_name.startswith(error.name + ".")):
            looked = ", ".join(str(folder) for folder in paths.search_path())
            raise ConfigError(
                f"kind {kind!r}: no module {error.name!r}; looked in {looked} and the environment"
            ) from None
        raise ConfigError(f"kind {kind!r}: importing {module_name} failed: {error}; install what it needs") from error
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        why = f"{type(error).__name__}: {' '.join(str(error).split())[:300]} ({last.filename}:{last.lineno})"
        raise ConfigError(f"kind {kind!r}: importing {module_name} failed: {why}") from error
