# `make run` serves the chat on port 8000, `make test` proves that it works. Everything else is a part of these.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
JOBS := $(shell getconf _NPROCESSORS_ONLN)

.DEFAULT_GOAL := help
.PHONY: help run test test-all lint format pytest trial page wheel vendor bench bench-smoke torture conformance conformance-all fuzz clean system

help:
	@echo 'make run     an environment in $(VENV), and the daemon on http://localhost:$(PORT)'
	@echo 'make test    everything needed, and every test, those of the page at a desk or on a phone by turns'
	@echo 'make test-all   the same, and each test of the page at a desk and on a phone'
	@echo 'make lint    ruff, ruff format and mypy'
	@echo 'make format  let ruff put the code in order'
	@echo 'make pytest, make trial, make page    one kind of test'
	@echo 'make wheel   the package, in dist/'
	@echo 'make vendor  public/vendor/ anew from tools/vendor.lock.json'
	@echo 'make bench   chatd measured beside others (docs/performance.md); make bench-smoke: only that it runs'
	@echo 'make torture  every promise at full size; TORTURE takes further words, such as TORTURE="kills --seed 7"'
	@echo 'make conformance, make conformance-all    the Autobahn testsuite, quick or whole, and sslyze'
	@echo 'make fuzz    atheris against all that reads bytes'
	@echo 'make clean   take away what builds and tests leave, the environment included'

# The environment is made once, and brought up to date when what it is made from changes.
$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "chatd needs Python 3.11 or newer; say make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml setup.py | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml setup.py | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.run

run: $(VENV)/.run
	$(BIN)/twistd -n chatd --port $(PORT)

test: WANTED := -m 'not trial' --sizes turns
test-all: WANTED := -m 'not trial'
test test-all: system lint page trial pytest conformance

# What the tests need beside Python: installed where we may, else named.
system:
	@tools/system-packages

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The page's pure parts.
page:
	@if command -v node >/dev/null; then node --test $$(find tests/page -name '*.test.*js'); \
	elif [ "$$CI" = true ]; then echo 'node is missing, and CI=true leaves nothing out'; exit 1; \
	else echo 'node is missing: the tests of the page are left out'; fi

# The sizes that fit in memory; those that start processes are pytest's alone.
# What a run that was broken off has left of its folder would have the next wait for ever.
trial: $(VENV)/.dev
	@rm -rf build/trial build/trial.lock
	PYTHONWARNINGS=error $(BIN)/python -m coverage run -m twisted.trial --jobs $(JOBS) --temp-directory=build/trial tests
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --include='chatd/core/*,chatd/dialects/*,chatd/store/*' --fail-under=95 --skip-covered

# Most of their time they wait for a process or a browser, so there is one file under way for each core. Where a browser did not
# get somewhere in half a minute, which a busy machine is enough for, the test is run once more, and the last line counts it as
# rerun; whatever else is wrong is wrong the first time. WANTED takes further words, such as `WANTED="-m 'not trial'"`, which
# `make test` says: what trial has run, it leaves out.
pytest: $(VENV)/.dev
	$(BIN)/python -m pytest $(WANTED) --numprocesses $(JOBS) --dist loadgroup --reruns 1 --only-rerun 'Timeout [0-9]+ms exceeded|with timeout [0-9]+ms'

wheel: $(VENV)/.dev
	$(BIN)/python -m build --wheel

vendor:
	tools/vendor

# What is measured, and how to read it: docs/performance.md. BENCH takes further words, such as `BENCH='paced flooded'`.
$(VENV)/.bench: pyproject.toml setup.py | $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@

bench: $(VENV)/.bench
	$(BIN)/python -m bench.run --install $(BENCH)

bench-smoke: $(VENV)/.dev
	@mkdir -p build/bench
	$(BIN)/python -m bench.run --size smoke --servers chatd,floor,floor-batch,go --json build/bench/smoke.json $(BENCH)

# Each promise as large as it is promised, two hours in all; `make test` has them small. TORTURE names some, a seed, a size.
torture: $(VENV)/.dev
	$(BIN)/python -m tests.torture $(TORTURE)

# The Autobahn testsuite, which runs under Python 2.7, here behind the Site; -all has every door, and TLS. And what sslyze
# says of our TLS.
conformance: $(VENV)/.dev
	$(BIN)/python -m tests.conformance.run
	$(BIN)/python -m tests.conformance.scan

conformance-all: $(VENV)/.dev
	$(BIN)/python -m tests.conformance.run --all
	$(BIN)/python -m tests.conformance.scan

# Bytes that break what reads them, looked for by atheris. FUZZ takes further words.
fuzz: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	$(BIN)/python -m tests.fuzz.run $(FUZZ)

clean:
	rm -rf $(VENV) build dist chatd.egg-info htmlcov .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
