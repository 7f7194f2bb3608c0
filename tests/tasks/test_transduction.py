"""Transduction: pairs as batches, exact match, and a small language that is learnt."""

import jax
import jax.numpy as jnp
import pytest

from lstm_research.config.load import from_dict
from lstm_research.config.traced import split
from lstm_research.data.builders.scan import pair
from lstm_research.data.pairs import PairSet
from lstm_research.data.paths import DataPaths
from lstm_research.data.sets import pairs_file
from lstm_research.recurrence import Answer
from lstm_research.tasks.transduction import Config
from lstm_research.training.layout import Layout
from lstm_research.training.population import Population
from lstm_research.types import ConfigError, DataError

SIDES = {"left": "L", "right": "R", "up": "U"}
PAIRS = tuple((f"{a} then {b}", f"{SIDES[a]} {SIDES[b]}") for a in SIDES for b in SIDES) + tuple(SIDES.items())
DATA = PairSet(PAIRS, PAIRS[2:7], (*PAIRS[:3], ("left then down", "L D")))


def test_a_batch_shows_the_source_and_the_target_one_step_later():
    task = Config().build(DATA)
    assert task.fitted["targets"] == ["<end>", "<start>", "<unk>", "L", "R", "U"]
    source = task.source("test", 3)
    first, last = (jax.device_get(source.evaluation_batch(source.arrays, jnp.int32(i))) for i in range(2))
    assert first.targets["tokens"].T.tolist() == [[3, 3, 0], [3, 4, 0], [3, 5, 0]]
    assert first.inputs.written.T.tolist() == [[1, 3, 3], [1, 3, 4], [1, 3, 5]]
    # "down" and "D" were never seen in train.
    assert last.inputs.source[:, 0].tolist() == [task.fitted["sources"].index("left"), 3, 0]
    assert last.targets["tokens"][:, 0].tolist() == [3, 2, 0]
    assert last.weight.tolist() == [1, 0, 0]
    assert not last.inputs.source_mask[:, 1:].any()


def test_exact_means_right_from_first_to_last():
    task = Config().build(DATA)
    source = task.source("test", 4)
    batch = source.evaluation_batch(source.arrays, jnp.int32(0))
    tokens = jnp.asarray(batch.targets["tokens"]).at[1, 0].set(5)
    logits = jax.nn.one_hot(batch.targets["tokens"], 6) * 9
    found = {name: float(one.mean()) for name, one in task.metrics(Answer(logits, tokens), batch).items()}
    assert found["exact"] == pytest.approx(3 / 4)
    assert found["token_accuracy"] == 1
    rows = list(task.lines(task.keep(Answer(logits, tokens), batch)))
    assert rows[0] == {"source": PAIRS[0][0], "target": "L U", "truth": "L L"}


@pytest.mark.loose
def test_a_small_language_is_learnt():
    config = from_dict({
        "task": {"kind": "transduction", "bucket_waste": 0.6},
        "data": {"kind": "scan"},
        "model": {"cell": {"kind": "gru", "hidden": 16}, "encoder": "embedding", "attention": "dot", "beam": 2},
        "optimizer": {"kind": "adam", "learning_rate": 0.03},
        "training": {"steps": 120, "batch": 6, "eval_every": 60},
    })  # fmt: skip
    static, scalars = split(config)
    one = Population(static, [scalars], [0], config.task.build(DATA), Layout("map", 1, "cpu"))
    state = one.train(one.init(), 120)
    found = {name: float(value.mean()) for name, value in one.evaluate(state.params, "test")[0].items()}
    assert found["exact"] == pytest.approx(3 / 4)


def test_pairs_of_ones_own(tmp_path):
    path, paths = tmp_path / "my.tsv", DataPaths(data_dir=None, cache_dir=tmp_path)
    path.write_text("".join(f"a b{k}\tX Y\n" for k in range(40)))
    data = pairs_file.Config(path=str(path)).load(paths)
    assert (len(data.train), len(data.valid), len(data.test)) == (32, 4, 4)
    assert not {s for s, _ in data.train} & {s for s, _ in data.test}
    path.write_text("a b\tX\nc\n")
    with pytest.raises(DataError, match=r"my.tsv:2: 1 fields; give source, a tab, target"):
        pairs_file.Config(path=str(path)).load(paths)
    assert pairs_file.Config(path="x").load_new(path, {}).test == (("a b", "X"), ("c", ""))
    with pytest.raises(ConfigError, match="file 'gone' is not there"):
        pairs_file.Config(path=str(tmp_path / "gone")).load(paths)


def test_a_line_of_scan():
    assert pair("f", 1, "IN: jump twice OUT: I_JUMP I_JUMP") == {"source": "jump twice", "target": "I_JUMP I_JUMP"}
    with pytest.raises(DataError, match="f:7: 'jump' is not of the form"):
        pair("f", 7, "jump")


def test_attention_is_for_decoders(tmp_path):
    from lstm_research.launch.tasks import Tasks
    from lstm_research.results.store import Store

    config = from_dict({
        "task": {"kind": "adding", "length": 5}, "model": {"cell": {"kind": "gru", "hidden": 2}, "attention": "dot"},
        "optimizer": {"kind": "sgd", "learning_rate": 0.1}, "training": {"steps": 2, "batch": 2, "eval_every": 1},
    })  # fmt: skip
    tasks = Tasks(DataPaths(data_dir=None, cache_dir=tmp_path), Store(tmp_path / "runs"))
    with pytest.raises(ConfigError, match=r"are for a decoder, and task\.kind=adding has none"):
        tasks.runs(config)
