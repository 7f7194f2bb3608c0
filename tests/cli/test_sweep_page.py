"""The page of a sweep: whole, inert, the same again; drawn by a browser."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from html import unescape

import pytest

from lstm_research.cli.report import report
from lstm_research.launch.rounds import Outcome
from lstm_research.launch.sweep import load_sweep
from lstm_research.results import Record, Store

HEAD = """\
config: small
overrides: ["task={kind: adding, length: 5, n_valid: 16, n_test: 16}"]   # </script><script>alert(1)</script>
"""
COMPARED = """\
compare: {model.cell.kind: [rnn, gru]}
match: as_published
"""
SEARCH = """\
search:
  trials: %d
  space:
    optimizer.learning_rate: {low: 0.0001, high: 1.0, scale: log}
    optimizer.schedule: [constant, cosine]
    model.init_from: ["<img src=x onerror=alert(2)>", "</script><b>&amp;"]
    model.dropout: {low: 0.0, high: 0.5, when: {optimizer.schedule: cosine}}
    training.batch: {low: 1, high: 64, integer: true, scale: log}
"""


def outcome(trial, place, store, every=False) -> Outcome:
    """Made up: the nearer to a rate of 0.01 the better; above 0.3 it diverges; every seventh setting is stopped."""
    rate = trial.config.optimizer.learning_rate
    bad, stopped = rate > 0.3 or every, 20 if place % 7 == 3 else None
    records = []
    for seed in trial.config.seeds:
        value = abs(rate - 0.01) ** 0.5 + 0.02 * (place % 5) + 0.01 * seed + 0.1 + 0.03 * (place % 2)
        run = f"run{place}_{seed}"
        records.append(Record(
            run=run, population="made", task="adding", cell="lstm", config={}, seed=seed,
            status="diverged" if bad else "finished", steps=stopped or 40, best_step=None if bad else 40,
            valid={} if bad else {"mse": value}, select="mse", higher_is_better=False, parameters=100 + place,
            first_bad_step=7 if bad else None, data_digest="", seconds=3.0,
        ))  # fmt: skip
        with open(store.folder("made") / "metrics.jsonl", "a") as file:
            for step in range(0, 41, 10):
                valid = {"mse": None if bad and step else value + 1 / (1 + step)}
                file.write(json.dumps({"run": run, "step": step, "valid": valid}) + "\n")
    return Outcome(trial, records, stopped)


@pytest.fixture
def made(lab, monkeypatch):
    """The report of made-up outcomes of a sweep that says this: its text, and where the page is."""
    pytest.importorskip("plotly")
    # The figure takes longer than all else, and is tested in test_cli_sweep.
    monkeypatch.setattr("lstm_research.results.sweep_figure.svg", lambda *_, alone: "")

    def make(text, every=False, missing=0):
        (lab / "configs/sweeps/s.yaml").write_text(HEAD + text)
        sweep = load_sweep("s")
        shutil.rmtree(lab / "store", ignore_errors=True)
        store = Store(lab / "store")
        store.folder("made").mkdir(parents=True)
        environment = {"packages": {"jax": "0.0<1"}, "devices": ["cpu:cpu"]}
        store.write_population("made", {"started": "2000-01-01T00:00:00Z", "environment": environment})
        outcomes = [outcome(trial, place, store, every) for place, trial in enumerate(sweep.trials())]
        asked = Counter(one.trial.compared for one in outcomes)
        outcomes = outcomes[: len(outcomes) - missing]
        text = report(sweep, outcomes, asked, store, lab / "tables", "lstm-research sweep report s")
        return text, lab / "tables/s_sweep.html"

    return make


def figures(page):
    return json.loads(re.search(r'<script type="application/json" id="figures">(.*?)</script>', page)[1])


def test_the_page_is_whole_inert_and_the_same_again(made):
    """Fails where a text is not escaped, a script is fetched, a place or a name is of now, a chart is left out."""
    from plotly.graph_objects import Figure

    said = COMPARED + SEARCH % 10
    text, file = made(said, missing=1)
    page = file.read_text()
    made(said, missing=1)
    assert file.read_text() == page
    # Of some of the settings it is not known what the best of n is worth.
    whole, _ = made(said)
    assert ("best of n" in text, "best of n" in whole, "Best of n" in page) == (False, True, False)
    assert len(figures(file.read_text())) == 12
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 2
    assert "plotly.js v" in scripts[0][:200]
    rest = page.replace(scripts[0], "")
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:|//)|@import|url\(""", rest)
    assert "default-src 'none'" in rest
    assert "alert(1)" in unescape(rest)
    assert "<img" not in rest
    assert "</script><b>" not in rest
    assert "alert(1)</script>" not in rest
    assert page.count("</script>") == 3
    drawn = figures(page)
    assert len(drawn) == page.count('class="chart"') == 11
    for one in drawn:
        Figure(**one)  # refuses what Plotly does not know
        assert one["data"][0]["type"] == "parcoords" or "<img" not in json.dumps(one), "there ticks are plain text"
    (lines,) = (one["data"][0] for one in drawn if one["data"][0]["type"] == "parcoords")
    assert {len(one["values"]) for one in lines["dimensions"]} == {19}
    rate, value = (lines["dimensions"][k] for k in (1, -1))
    assert -4 <= min(rate["values"]) < max(rate["values"]) <= 0
    assert value["ticktext"][-1] == "diverged"
    assert (
        sum(x > value["values"][0] and x == value["tickvals"][-1] for x in value["values"]) == text.count("  7  ") / 2
    )
    for word in (
        "19 of 20 settings are finished",
        "gru 9 of 10",
        "jax 0.0&lt;1",
        "2000-01-01",
        "sweep report s",
        "stopped",
    ):
        assert word in page
    assert "sensitivity" in text


@pytest.mark.parametrize("text", ["", "grid: {optimizer.schedule: [constant, cosine]}", SEARCH % 1])
def test_little_is_told_of_little(made, text):
    """One setting; no field of numbers; one of each; and all of it diverged."""
    for every in (False, True):
        page = made(text, every)[1].read_text()
        assert ("no run diverged" in page) != every
        assert ("Best setting</h2>" in page) != every
        assert "nan" not in json.dumps(figures(page)).lower()


def test_without_plotly_the_rest_is_written(made, lab, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    text, file = made("")
    assert "no page: it needs Plotly, pip install 'lstm_research[page]'" in text
    assert not file.exists()
    assert (lab / "tables/s_best.yaml").exists()


@pytest.mark.slow
def test_a_browser_draws_the_page_and_complains_of_nothing(made, lab):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on the PATH")
    file = made(COMPARED + SEARCH % 200)[1]
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader",
        "--enable-logging=stderr",
        f"--user-data-dir={lab / 'browser'}", "--virtual-time-budget=20000", "--dump-dom",
        f"file://{file}",
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    complaints = [line for line in ran.stderr.splitlines() if "CONSOLE" in line and "GL Driver Message" not in line]
    assert complaints == []
    dom = re.sub(r"<script>.*?</script>", "", ran.stdout, flags=re.DOTALL)
    assert dom.count('class="main-svg"') >= len(figures(file.read_text()))
    assert "<canvas" in dom, "parallel coordinates"
    assert dom.count('class="point"') > 390
    assert not re.search("<img", dom.replace("&lt;img", ""))
