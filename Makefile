# Everything here sets itself up: it needs Python 3.11 or newer, git and make, and nothing else.
# The packages come hashed from requirements-dev.txt into .venv, and nowhere else.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
READY := $(VENV)/.ready
SPARK_READY := $(VENV)/.spark-ready

.DEFAULT_GOAL := help
.PHONY: help demo test bench docs lint style types layers format browser conformance crash requirements clean

help:
	@echo "make demo         a made-up month: fetched, compared, billed, compared again"
	@echo "                  (LEDGER=business_central or both: in another ledger than QuickBooks)"
	@echo "make test         run the tests (under 10 minutes)"
	@echo "make lint         style, types and who may import whom"
	@echo "make docs         the pages of docs/ as a site in site/; a broken link fails"
	@echo "make bench        speed and memory, side by side with other ways"
	@echo "make browser      the pages and mails in a real browser"
	@echo "make crash        thousands of schedules of faults, and a kill at every step"
	@echo "make conformance  the same results on Spark and against programs written by others"
	@echo "make format       bring the code into its style"
	@echo "make requirements pin the newest allowed packages by hash"

demo: $(READY)
	@$(BIN)/connector demo $(if $(LEDGER),--ledger $(LEDGER))

test: $(READY)
	$(BIN)/pytest -n 2 -q

bench: $(READY)
	$(BIN)/python tests/bench/run.py
	$(BIN)/python tests/bench/service.py
	$(BIN)/python -m tests.bench.central

docs: $(READY)
	$(BIN)/zensical build --strict --clean

lint: style types layers

style: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy --strict connector

layers: $(READY)
	$(BIN)/lint-imports --no-logo

format: $(READY)
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

browser: $(READY)
	@if [ -d tests/browser ]; then $(BIN)/pytest -q tests/browser; \
	else echo "The connector has no pages yet: there is nothing to look at in a browser."; fi

crash: $(READY)
	$(BIN)/pytest -q -m crash tests/crash tests/e2e/test_quarter.py tests/unit/watching
	CONNECTOR_SCHEDULES=2000 $(BIN)/pytest -q -n 2 tests/crash/test_simulation.py tests/crash/test_process.py \
	  tests/crash/test_process_central.py

conformance: $(READY)
ifeq ($(wildcard tests/conformance),)
	@echo "Nothing is held against Spark or others' programs yet: there is nothing to run."
else
	@if java -version >/dev/null 2>&1; then $(MAKE) --no-print-directory $(SPARK_READY); \
	else echo "No Java here (Debian: apt-get install default-jre-headless): what needs Spark is skipped."; fi
	$(BIN)/pytest -q tests/conformance
endif

$(READY): requirements-dev.txt pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed; none was found. Name one: make PYTHON=/path/to/python3 ..." >&2; exit 2; }
	@[ -x $(BIN)/python ] || echo "Setting up $(VENV) (once, a minute or two) ..."
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV) || { \
		rm -rf $(VENV); \
		echo "Python's own venv module does not work here (Debian: apt-get install python3-venv)." >&2; exit 2; }
	@$(PIP) install --require-hashes --only-binary=:all: -r requirements-dev.txt
	@$(PIP) install --no-build-isolation --no-deps -e .
	@$(BIN)/python -m compileall -q connector # some machines forbid Python to do so when it starts a program
	@touch $@

$(SPARK_READY): requirements-spark.txt $(READY)
	@echo "Installing Spark (once, a few hundred megabytes) ..."
	@$(PIP) install --require-hashes -r requirements-spark.txt
	@touch $@

# For those who change pyproject.toml. All files come from one resolution, so that they agree with each other.
COMPILE := $(VENV)/pin/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header pyproject.toml
requirements: $(READY)
	@$(BIN)/python -m venv $(VENV)/pin
	@$(VENV)/pin/bin/python -m pip --disable-pip-version-check --quiet install uv
	@$(COMPILE) --upgrade --extra dev --extra spark -o $(VENV)/pin/all.txt
	@$(COMPILE) -c $(VENV)/pin/all.txt -o requirements.txt
	@$(COMPILE) -c $(VENV)/pin/all.txt --extra dev -o requirements-dev.txt
	@$(COMPILE) -c $(VENV)/pin/all.txt --extra spark -o requirements-spark.txt

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
