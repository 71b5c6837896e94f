# make demo: the shop, the collector and the console.  make test: everything that CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check unit e2e bench torture build clean

demo: $(STAMP)
	@$(BIN)/passerby demo

test: check unit e2e
	@$(BIN)/python tests/closing_line.py

# The exact versions of requirements.lock, then the project itself, without looking anything up.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Passerby needs Python 3.11 or newer; name it with PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

snippet/node_modules/.installed: snippet/package-lock.json
	cd snippet && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

check: $(STAMP) snippet/node_modules/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	cd snippet && npm run --silent check && npm run --silent build:check

unit: $(STAMP) snippet/node_modules/.installed
	cd snippet && npm test --silent
	$(BIN)/pytest tests/unit tests/live --junit-xml=.pytest_cache/unit.xml

e2e: $(STAMP)
	sh tests/e2e/ensure_browser.sh
	$(BIN)/pytest tests/e2e --junit-xml=.pytest_cache/e2e.xml

bench: $(STAMP)
	$(BIN)/passerby bench ingest

# The long kill test: hundreds of cycles instead of a few.
torture: $(STAMP)
	$(BIN)/pytest tests/live -k kill --cycles 200 -s

build: snippet/node_modules/.installed
	cd snippet && npm run --silent build

clean:
	rm -rf $(VENV) snippet/node_modules dist build
