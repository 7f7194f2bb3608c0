"""Layers, kinds, and what a wrong config is told."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tinylab.schema import Run

from lstm_research.config.load import Draft, draft, merge, resolve, to_dict
from lstm_research.config.validate import validate
from lstm_research.config.yaml import Document
from lstm_research.types import ConfigError

PLAIN = """\
model:
  cell:
    kind: wide
    hidden: 3
    forget_bias: 2
rate: 1e-3
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LSTM_RESEARCH_PATH", raising=False)
    (tmp_path / "configs").mkdir()
    return tmp_path


def run(text: str = PLAIN, *overrides: str, **others: str) -> Run:
    for name, content in {"x": text, **others}.items():
        Path("configs", name + ".yaml").write_text(content)
    return resolve(draft("x"), overrides, Run)


def fault(text: str = PLAIN, *overrides: str, **others: str) -> str:
    with pytest.raises(ConfigError) as caught:
        run(text, *overrides, **others)
    return str(caught.value)


def test_values_and_their_types() -> None:
    config = run(PLAIN, "model.cell.pair=[1, 2]", "seeds=0:3", "model.cell.rule={kind: steep, slope: 2}")
    cell = config.model.cell
    assert (cell.hidden, cell.forget_bias, cell.sizes, cell.pair) == (3, 2.0, (1, 2), (1, 2.0))
    assert isinstance(cell.forget_bias, float)
    assert isinstance(config.rate, float)
    assert cell.rule.slope == 2.0
    assert config.rate == 1e-3
    assert config.seeds == (0, 1, 2)


@pytest.mark.parametrize(("text", "seeds"), [("5", (5,)), ("[3, 1]", (3, 1)), ("2:4", (2, 3)), ("'0:1'", (0,))])
def test_seeds(text: str, seeds: tuple[int, ...]) -> None:
    assert run(PLAIN, f"seeds={text}").seeds == seeds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "no seeds"),
        ("3:3", "empty"),
        ("[1, 1]", "stands 2 times"),
        ("-1", "out of range"),
        ("4294967296", "out of range"),
        ("true", "found True"),
        ("[0.5]", "found 0.5"),
        ("a:b", "range like 0:5"),
        ("0:999999999", "more than"),
        ("null", "found None"),
    ],
)
def test_wrong_seeds(text: str, says: str) -> None:
    message = fault(PLAIN, f"seeds={text}")
    assert message.startswith(f"override 'seeds={text}': seeds: ")
    assert says in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("hidden", "hiden"),
            "configs/x.yaml:4: model.cell.hiden: unknown key of kind 'wide'; allowed: kind, hidden, ",
        ),
        (("hidden", "hiden"), "; did you mean 'hidden'?"),
        (
            ("    hidden: 3\n", ""),
            "configs/x.yaml:2: model.cell.hidden: missing; give a whole number >= 1 (Number of units)",
        ),
        (
            ("kind: wide", "kind: wied"),
            "configs/x.yaml:3: model.cell.kind: kind 'wied' not in cells/; allowed: borrowed, ",
        ),
        (("kind: wide", "kind: wied"), "; did you mean 'wide'?"),
        (("kind: wide", "kin: wide"), "configs/x.yaml:2: model.cell.kind: missing; allowed: "),
        (("kind: wide", "kind: 3"), "configs/x.yaml:3: model.cell.kind: 3 is not a name"),
        (
            ("kind: wide", "kind: broken"),
            "kind 'broken': importing tinylab.cells.broken failed: RuntimeError: imported the broken cell (",
        ),
        (("kind: wide", "kind: _private"), "kind '_private' not in cells/"),
        (("kind: wide", "kind: borrowed"), "that of tinylab.cells.narrow; make a subclass"),
        (("kind: wide", "kind: thawed"), "must be @dataclass(frozen=True, kw_only=True)"),
        (("kind: wide", "kind: ../wide"), "not a module name"),
        (("kind: wide", "kind: no_lab.cells.foo"), "no module 'no_lab'; looked in "),
        (("hidden: 3", "hidden: 3.0"), "configs/x.yaml:4: model.cell.hidden: found 3.0; allowed: a whole number >= 1"),
        (("hidden: 3", "hidden: true"), "model.cell.hidden: found true; allowed: a whole number >= 1"),
        (("hidden: 3", "hidden: 0"), "model.cell.hidden: found 0; allowed: a whole number >= 1"),
        (("hidden: 3", "hidden: 13"), "configs/x.yaml:2: model.cell: hidden 13 and sizes do not go together"),
        (("hidden: 3", "hidden: 3\n    sizes: [1, x]"), "configs/x.yaml:5: model.cell.sizes.1: found the string 'x'"),
        (
            ("hidden: 3", "hidden: 3\n    pair: [1]"),
            "x.yaml:5: model.cell.pair: found a list; allowed: a list of 2: a whole number, a number, or null",
        ),
        (
            ("hidden: 3", "hidden: 3\n    rule: {kind: steep, slop: 1}"),
            "model.cell.rule.slop: unknown key of kind 'steep'",
        ),
        (("1e-3", "no"), "configs/x.yaml:6: rate: found the string 'no'; allowed: a number"),
        (("1e-3", "true"), "rate: found true; allowed: a number"),
        (("1e-3", ".nan"), "rate: found nan; allowed: a number"),
        (("1e-3", "1e999"), "rate: found inf; allowed: a number"),
        (
            ("rate: 1e-3", "model_: 3"),
            "configs/x.yaml:6: model_: unknown key; allowed: model, rate, execution, seeds; did",
        ),
        (
            ("rate: 1e-3", "layers: 3"),
            "layers: unknown key; allowed: model, rate, execution, seeds; did you mean 'model.layers'?",
        ),
        (
            ("rate: 1e-3", "  encoder: liner"),
            "configs/x.yaml:6: model.encoder: found the string 'liner'; allowed: none or linear",
        ),
        (("rate: 1e-3", "  dropout: 1"), "model.dropout: found 1; allowed: a number >= 0 and < 1, or null"),
        (("rate: 1e-3", "  deep: no"), "model.deep: found the string 'no'; allowed: true or false"),
        (
            ("rate: 1e-3", "execution: auto"),
            "execution: found the string 'auto'; allowed: a mapping with the keys device",
        ),
    ],
)
def test_faults_say_where_what_and_the_remedy(change: tuple[str, str], message: str) -> None:
    assert message in fault(PLAIN.replace(*change))


def test_a_config_that_cannot_be_a_jit_key_is_refused_at_load() -> None:
    message = fault(PLAIN, "model.cell={kind: listed, sizes: [1]}").splitlines()
    assert message[-1].endswith("unhashable type: 'list'; use tuples")


def test_a_kind_given_by_its_name_alone_is_told_the_form() -> None:
    assert fault(PLAIN, "model={cell: wide}").splitlines()[0].endswith("; did you mean {kind: wide}?")


def test_one_slip_is_one_line() -> None:
    assert "\n" not in fault(PLAIN.replace("hidden", "hiden"))


def test_all_faults_are_told_at_once_and_the_outer_ones_before_a_kind_is_imported() -> None:
    message = fault("modle: 1\nrate: x\nmodel: {cell: {kind: broken}, layers: 0}\n")
    assert [line.split(": ")[1] for line in message.splitlines()] == ["model.layers", "rate", "modle"]


def test_an_override_is_named() -> None:
    assert fault(PLAIN, "model.cell.hiden=1").startswith("override 'model.cell.hiden=1': model.cell.hiden: unknown key")
    assert "not of the form a.b=value" in fault(PLAIN, "model.cell.hidden")
    assert "no value" in fault(PLAIN, "rate=")
    assert "write a list as [a, b]" in fault(PLAIN, "model=cell: 1")
    assert run(PLAIN, "rate=1", "rate=2").rate == 2.0


def test_a_list_in_an_override_hides_the_lines_of_the_file() -> None:
    message = fault(PLAIN + "seeds: [1, 2]\n", "model.cell.sizes=[1, x]")
    assert message.startswith("override 'model.cell.sizes=[1, x]': model.cell.sizes.1: ")


def test_base_is_overlaid_and_each_fault_names_its_own_file() -> None:
    config = run("base: low\nrate: 3\nmodel: {cell: {hidden: 5}}\n", low=PLAIN)
    assert (config.rate, config.model.cell.hidden, config.model.cell.forget_bias) == (3.0, 5, 2.0)
    assert fault("base: low\nrate: 3\n", low=PLAIN.replace("hidden", "hiden")).startswith("configs/low.yaml:4: ")
    assert "configs/x.yaml:1: base: is 'low', which has a base itself" in fault("base: low\n", low="base: x\n" + PLAIN)
    assert "is itself" in fault("base: x\n" + PLAIN)
    assert "did you mean 'low'?" in fault("base: lov\n" + PLAIN, low=PLAIN)
    assert "found 3; allowed: the name or path of one config" in fault("base: 3\n")


def test_another_kind_keeps_what_both_have_and_drops_what_came_with_the_old_one() -> None:
    assert run(PLAIN, "model.cell.kind=narrow").model.cell.hidden == 3
    assert run("base: low\nmodel: {cell: {kind: narrow}}", low=PLAIN).model.cell.hidden == 3
    assert (
        run("base: low\nmodel: {cell: {kind: narrow}}", "model.cell.kind=wide", low=PLAIN).model.cell.forget_bias == 2.0
    )
    # What was asked for beside the new kind, or was never right, is an error.
    assert "model.cell.forget_bias: unknown key of kind 'narrow'" in fault(
        PLAIN, "model.cell.forget_bias=3", "model.cell.kind=narrow"
    )
    assert "unknown key of kind 'narrow'" in fault(
        PLAIN.replace("hidden: 3", "hidden: 3\n    odd: 1"), "model.cell.kind=narrow"
    )
    assert "unknown key" in fault("base: low\nmodel: {cell: {kind: narrow, forget_bias: 1}}", low=PLAIN)
    assert "below it: kind 'wied' not in" in fault(PLAIN.replace("wide", "wied"), "model.cell.kind=narrow")


def test_a_draft_is_not_changed_by_resolving_it() -> None:
    Path("configs/x.yaml").write_text(PLAIN)
    layers = draft("x")
    assert resolve(layers, ["model.cell.kind=narrow"], Run) != resolve(layers, (), Run)
    assert resolve(layers, (), Run) == run()


def test_a_dotted_kind_needs_trust_and_is_found_in_the_current_folder(here: Path) -> None:
    (here / "own_lab").mkdir()
    body = (Path(__file__).parent / "tinylab/cells/narrow.py").read_text()
    (here / "own_lab" / "mine.py").write_text(body)
    config = run(PLAIN, "model.cell={kind: own_lab.mine, hidden: 4}")
    assert config.model.cell.hidden == 4
    assert to_dict(config)["model"]["cell"] == {"kind": "own_lab.mine", "hidden": 4}
    with pytest.raises(ConfigError, match="--trust-code"):
        validate(Run, to_dict(config), trust_code=False)


names = st.floats(allow_nan=False, allow_infinity=False)


@given(hidden=st.integers(1, 99), bias=names, dropout=st.none() | st.floats(0, 0.99), sizes=st.lists(st.integers()))
def test_a_config_survives_json(hidden: int, bias: float, dropout: float | None, sizes: list[int]) -> None:
    assume(hidden != 13)
    cell = {
        "kind": "wide",
        "hidden": hidden,
        "forget_bias": bias,
        "sizes": sizes,
        "rule": {"kind": "steep", "slope": bias},
    }
    data: dict[str, Any] = {"model": {"cell": cell, "dropout": dropout}, "seeds": [3, 4]}
    config = validate(Run, data)
    plain = to_dict(config)
    assert next(iter(plain["model"]["cell"])) == "kind"
    assert validate(Run, json.loads(json.dumps(plain))) == config


@given(st.data())
@example(None)
def test_every_misspelt_key_is_rejected_with_the_right_name(data: Any) -> None:
    for key in ("layers", "encoder", "dropout", "forget_bias", "hidden", "rate", "execution"):
        if data is None:
            wrong = key[0] + key[2:]
        else:
            place = data.draw(st.integers(1, len(key) - 1))
            wrong = key[:place] + data.draw(st.sampled_from(["", "x", key[place] * 2])) + key[place + 1 :]
        if wrong == key:
            continue
        cell: dict[str, Any] = {"kind": "wide", "hidden": 3}
        model: dict[str, Any] = {"cell": cell}
        section = {"forget_bias": cell, "hidden": cell, "rate": {"model": model}, "execution": {"model": model}}.get(
            key, model
        )
        section[wrong] = 1
        with pytest.raises(ConfigError, match=f"did you mean '{key}'"):
            validate(Run, section if "model" in section else {"model": model})


words = st.sampled_from(
    ["model", "cell", "kind", "wide", "narrow", "hidden", "rule", "steep", "pair", "rate", "seeds", "0:2"]
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | words
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4), max_leaves=12
)


@given(cell=trees, rest=st.dictionaries(words, trees, max_size=2), over=trees)
def test_no_data_and_no_layer_gives_anything_but_a_config_or_lines_that_say_why(
    cell: Any, rest: Any, over: Any
) -> None:
    layers = Draft({"model": {"cell": cell}, **rest})
    merge(layers, Document({"model": {"cell": over}}, {("model", "cell"): "x.yaml:1"}))
    lines = ["fine: "]
    try:
        assert isinstance(resolve(layers, ["model.cell.kind=narrow"], Run), Run)
    except ConfigError as error:
        lines = str(error).splitlines()
    assert all(": " in line for line in lines)
