# Everything a newcomer needs: `make demo` and `make test`, on a machine with Python 3.11, make and git.
# The first call makes .venv from requirements.lock; later calls install again only when the lock or pyproject.toml changed.

PYTHON ?= $(shell python3.11 -c '' >/dev/null 2>&1 && echo python3.11 || echo python3)
WORKERS ?= 2

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOG := $(VENV)/install.log
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input

ONLY ?=

.PHONY: demo test test-slow check format kills ray bench bench-peers bench-gpu tables lock build clean
.DEFAULT_GOAL := demo

demo: $(STAMP)  ## the quick form of the `memory` table: which cells remember, and for how long
	@$(BIN)/lstm-research table memory --quick

test: $(STAMP)  ## every test but the slow ones
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow" $(ARGS)

test-slow: $(STAMP)  ## the slow ones
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m slow $(ARGS)

kills: $(STAMP)  ## a sweep of 60 trials, killed 50 times, ends as the undisturbed one; 15 to 20 minutes
	@$(BIN)/python tests/launch/kills.py $(ARGS)

ray: $(STAMP)  ## what the tests of `--on ray` need, into .venv; optional
	@$(PIP) -r tests/ray.txt >$(VENV)/ray.log 2>&1 || { echo "installation failed: see $(VENV)/ray.log"; exit 1; }

check: $(STAMP)  ## format, lint, types, floors
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports >$(VENV)/floors.log 2>&1 || { cat $(VENV)/floors.log; exit 1; }
	@echo "check: format, lint, types and floors are in order"

format: $(STAMP)  ## put the layout right, and what ruff can mend by itself
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

bench: $(STAMP)  ## speed beside other libraries: benchmarks/results/, docs/speed.md; ONLY="step loop" for some sections
	@$(BIN)/python -m benchmarks $(ONLY)

bench-peers: $(STAMP)  ## the libraries that `make bench` compares with, into .venv; a big download, optional
	@$(PIP) -r benchmarks/peers.txt >$(VENV)/peers.log 2>&1 || { echo "installation failed: see $(VENV)/peers.log"; exit 1; }

bench-gpu: $(STAMP)  ## the same on a CUDA machine, in 8 minutes once installed; elsewhere a dry run on CPU
	@! command -v nvidia-smi >/dev/null 2>&1 || $(BIN)/python -c "import jax; jax.devices('cuda')" 2>/dev/null || \
	  $(PIP) -r benchmarks/gpu.txt >$(VENV)/gpu.log 2>&1 || { echo "installation failed: see $(VENV)/gpu.log"; exit 1; }
	@$(BIN)/python -m benchmarks.gpu

tables: $(STAMP)  ## the committed tables and figures again, from the committed numbers
	@for file in experiments/results/*.runs.csv; do test -e "$$file" || continue; \
	  name="$$(basename $$file .runs.csv)"; quick=""; \
	  case "$$name" in *_quick) name="$${name%_quick}"; quick=--quick;; esac; \
	  $(BIN)/lstm-research table "$$name" $$quick --committed --out experiments || exit 1; done

lock: $(STAMP)  ## newest versions that pyproject.toml allows
	@UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes \
	  --python-version 3.11 --extra dev --extra classical --extra optuna --extra page --extra stream pyproject.toml --output-file requirements.lock >$(VENV)/lock.log 2>&1 \
	  || { echo "make lock failed: see $(VENV)/lock.log"; exit 1; }
	@! grep -n "://" requirements.lock || { echo "requirements.lock names an address: see above"; exit 1; }

build: $(STAMP)  ## wheel and sdist into dist/; from a clean checkout
	@$(BIN)/python -m build --no-isolation . >$(VENV)/build.log 2>&1 || { tail -n 20 $(VENV)/build.log; exit 1; }
	@ls dist

clean:  ## everything git ignores that make made; runs/ stays
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# `promise` (tensorflow-datasets needs it) comes as source: its build backend, setuptools, goes in first, from the same
# lock, so that nothing unpinned is ever fetched. The installer's output may name addresses: it stays in .venv.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "installing into $(VENV) (a minute or two, once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@awk '/^[a-z]/ {keep = /^setuptools==/} keep' requirements.lock > $(VENV)/backend.txt
	@( $(PIP) --require-hashes --no-deps -r $(VENV)/backend.txt && \
	   $(PIP) --require-hashes --no-build-isolation -r requirements.lock && \
	   $(PIP) --no-deps --no-build-isolation -e . ) >$(LOG) 2>&1 || \
	  { echo "installation failed: see $(LOG)"; exit 1; }
	@touch $@
