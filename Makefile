# Everything needs only make and Python 3.11 or newer; each target sets up .venv first, from a lock with hashes.
.PHONY: help demo up test check bench test-containers faults lock clean
.DEFAULT_GOAL := help
READY := .venv/.ready
BIN := .venv/bin
ARGS ?=
ROUNDS ?= 1
SEED ?= 20140401
ONLY ?=

help:
	@echo "make demo             the journey of a bid, on this machine (ARGS=--exit ends it afterwards)"
	@echo "make up               the system alone, until Ctrl-C"
	@echo "make test             all tests that need no containers (ARGS='-k notice' picks some)"
	@echo "make check            format, lint, types, import rules, contracts"
	@echo "make bench            each figure beside the bare library, about three minutes (SCALE=large for the long rows)"
	@echo "make test-containers  the tests on a Docker Engine, with Apache Kafka and PostgreSQL"
	@echo "make faults           what holds while things break, into docs/faults.md (ROUNDS=3, SEED=7, ONLY=kill,rubbish)"
	@echo "make lock             resolve the dependencies anew (needs uv)"
	@echo "make clean            remove .venv and caches"

demo: $(READY)
	@$(BIN)/python -m compact demo $(ARGS)

up: $(READY)
	@$(BIN)/python -m compact up $(ARGS)

test: $(READY)
	@$(BIN)/python -m pytest -n 2 --dist loadfile tests --ignore=tests/containers $(ARGS)

check: $(READY)
	@echo "== format"       && $(BIN)/ruff format --check .
	@echo "== lint"         && $(BIN)/ruff check .
	@echo "== types"        && $(BIN)/mypy
	@echo "== import rules" && $(BIN)/lint-imports
	@echo "== contracts"    && $(BIN)/python -m contracts.tools check

bench: $(READY)
	@$(BIN)/python -m bench --scale $(or $(SCALE),default) $(ARGS)

test-containers: $(READY)
	@$(BIN)/python -m pytest tests/containers $(ARGS)

faults: $(READY)
	@$(BIN)/python -m faults --rounds "$(ROUNDS)" --seed "$(SEED)" --only "$(ONLY)"

$(READY): requirements.lock
	@set -e; \
	found=; \
	for each in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14; do \
	  if "$$each" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; then found=$$each; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Python 3.11 to 3.14 is needed and was not found." >&2; \
	  echo "Debian: apt-get install python3 python3-venv. macOS: install a current Python. Or: make PYTHON=/path/to/python3.13" >&2; \
	  exit 1; \
	fi; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  echo "Making .venv with $$("$$found" --version) …"; \
	  if ! "$$found" -m venv --clear .venv; then \
	    rm -rf .venv; \
	    echo "The environment could not be made. On Debian, install it first: apt-get install python3-venv" >&2; \
	    exit 1; \
	  fi; \
	fi; \
	echo "Installing what requirements.lock names into .venv (a minute or two, once) …"; \
	$(BIN)/python -m pip install --disable-pip-version-check --no-input --require-hashes --only-binary :all: -r requirements.lock; \
	$(BIN)/python -c 'import os, sysconfig; open(os.path.join(sysconfig.get_path("purelib"), "compact.pth"), "w").write(os.getcwd() + "\n")'; \
	printf '#!/bin/sh\nexec "$$(dirname "$$0")/python" -m compact "$$@"\n' > $(BIN)/compact; \
	chmod 755 $(BIN)/compact; \
	touch $(READY); \
	echo "Ready."

UV := uv pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --no-emit-index-url --quiet
lock:
	@command -v uv >/dev/null || { echo "uv is needed to resolve: pip install uv" >&2; exit 1; }
	$(UV) --group local --group test --group bench --group check --output-file requirements.lock
	$(UV) --constraint requirements.lock --output-file requirements-runtime.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
