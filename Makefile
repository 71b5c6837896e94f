# make demo: the shop, the collector and the console.  make test: everything that CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
REPORTS := $(VENV)/reports
# Browser tests at once: they wait more than they work, so more of them than there are cores (two cores: 4 take 224 s for what 2 take 301 s for).
BROWSERS ?= 4
# Collectors at once in the live tests, which mostly wait for them to start, to be killed or to give up.
SERVERS ?= 3
# Unit tests keep their stores in memory where there is room: each commit is flushed, and a disk's flush is what most of them wait for.
MEMORY := $(shell sh tests/memory.sh)

.PHONY: demo test check snippet-tests unit live e2e bench torture histories tables build lock clean

demo: $(VENV)/.demo
	@$(BIN)/passerby demo $(ARGS)

# A part that fails does not keep the others from running. The snippet's tests mostly wait, so they do it beside the checks.
test:
	@rm -f $(REPORTS)/*.xml
	@$(MAKE) --no-print-directory --keep-going --jobs 2 check snippet-tests; failed=$$?; \
	$(MAKE) --no-print-directory --keep-going unit live e2e || failed=$$?; \
	$(BIN)/python tests/closing_line.py $(REPORTS)/unit.xml $(REPORTS)/live.xml $(REPORTS)/e2e.xml && exit $$failed

# The exact versions of the lock files, then the project itself, without looking anything up.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

$(VENV)/.demo: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Passerby needs Python 3.11 or newer: make PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.demo requirements-dev.lock
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# After a change of pyproject.toml: the lock files anew (needs uv).
lock:
	uv pip compile pyproject.toml --group build --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --group dev --extra postgres --universal --generate-hashes --no-emit-index-url --no-header -q -c requirements.lock -o requirements-dev.lock

snippet/node_modules/.installed: snippet/package-lock.json
	cd snippet && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# The examples take the package as an archive would hold it, and again when it was built anew.
EXAMPLES := $(patsubst %,examples/%/node_modules/.installed,react vue next)

examples/%/node_modules/.installed: examples/%/package-lock.json snippet/package.json $(wildcard snippet/dist/*)
	cd examples/$* && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

check: $(VENV)/.dev snippet/node_modules/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	cd snippet && npm run --silent check && node build.mjs --check && node build_package.mjs --check

snippet-tests: snippet/node_modules/.installed
	cd snippet && npm test --silent

unit: $(VENV)/.dev snippet/node_modules/.installed
	sh tests/ensure_postgres.sh
	sh tests/ensure_pgbouncer.sh
	sh tests/ensure_proxies.sh
	$(MEMORY) $(BIN)/pytest tests/unit --numprocesses auto --maxprocesses 8 --dist worksteal --junit-xml=$(REPORTS)/unit.xml

live: $(VENV)/.dev
	sh tests/ensure_postgres.sh
	sh tests/ensure_pgbouncer.sh
	sh tests/ensure_proxies.sh
	$(BIN)/pytest tests/live --numprocesses $(SERVERS) --dist worksteal --junit-xml=$(REPORTS)/live.xml

e2e: $(VENV)/.dev $(EXAMPLES)
	sh tests/e2e/ensure_browser.sh $(BIN)/python
	sh tests/ensure_proxies.sh
	$(BIN)/pytest tests/e2e --numprocesses $(BROWSERS) --dist loadfile --junit-xml=$(REPORTS)/e2e.xml

bench: $(VENV)/.dev
	$(BIN)/passerby bench ingest

# The long kill test, hundreds of cycles instead of a few, and the floods in full size.
torture: $(VENV)/.dev
	$(BIN)/pytest tests/live -k "kill or power" --cycles 200 -s
	$(BIN)/pytest tests/live/test_floods.py --floods -s

# The long comparison of the identity rules with their model: tens of thousands of random histories.
histories: $(VENV)/.dev
	$(BIN)/pytest tests/unit/domain/test_histories.py --histories 50000 -s

# All rows of the tables, of which `make unit` and `make e2e` visit a part: three quarters of an hour.
tables: $(VENV)/.dev
	PASSERBY_TABLES=1 $(MEMORY) $(BIN)/pytest tests/unit --numprocesses auto --maxprocesses 8 --dist worksteal
	PASSERBY_TABLES=1 $(BIN)/pytest tests/e2e --numprocesses $(BROWSERS) --dist loadfile

build: snippet/node_modules/.installed
	cd snippet && npm run --silent build

clean:
	rm -rf $(VENV) snippet/node_modules examples/*/node_modules examples/*/.next dist build
