# Two commands for a stranger: `make demo` and `make test`. Everything they need is made in .venv, from Python,
# git and make alone; nothing is installed anywhere else.

VENV := .venv
RUN  := $(VENV)/bin/python

# An environment belongs to its folder: a copied or moved checkout makes its own.
HERE   := $(shell printf '%s' "$(CURDIR)" | cksum | cut -d ' ' -f 1)
LOCKED := $(VENV)/locked-$(HERE)
READY  := $(VENV)/ready-$(HERE)

# The first of these that is a Python of the right version makes the environment.
PYTHON ?= python3.11 python3.12 python3.13 python3 python
USABLE := import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))

# Importing from source costs three to four times the CPU of importing from byte-code.
unexport PYTHONDONTWRITEBYTECODE
# The environment's packages, and no others.
unexport PYTHONHOME
unexport PYTHONPATH
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

# Tests run in two processes; those that share a server run in one of them.
PARALLEL := -n 2 --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check ui s3 cluster bench docs clean release lock coverage mutants

help:
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

demo: $(READY) ## run the whole pipeline on sample_data; a second run finds nothing new
	@$(RUN) -m clearwell.cli run

test: $(READY) ## run the tests of every promise; ARGS="-k merge -n0" passes options to pytest
	$(RUN) -m pytest $(PARALLEL) $(ARGS)

test-all: $(READY) ## the same, and the cluster, the browser, PostgreSQL, and every kill and storm
	$(RUN) -m pytest --full $(PARALLEL) $(ARGS)

check: $(READY) ## format, lint, types, layers, sample data and the project's own files
	$(RUN) -m ruff format --check --output-format concise .
	$(RUN) -m ruff check --output-format concise .
	$(RUN) -m pyright --project pyproject.toml --pythonpath $(RUN)
	$(VENV)/bin/lint-imports
	$(RUN) sample_data/rebuild.py --check
	$(RUN) docs/generate.py --check
	$(RUN) -m clearwell.cli check

ui: $(READY) ## open Dagster's pages on the demo's lake
	@$(RUN) -m clearwell.cli ui

s3: $(READY) ## run an S3 server on loopback until Ctrl-C; prints the variables that open it
	@$(RUN) -m tests.services.s3

cluster: $(READY) ## run a Spark cluster on loopback until Ctrl-C; prints its address
	@$(RUN) -m tests.services.cluster

bench: $(READY) ## measure against peers; ONLY=cold_run runs one, ARGS=--record keeps the figures
	@$(RUN) -m bench $(ONLY) $(ARGS)

docs: $(READY) ## write docs/reference anew from the code
	@$(RUN) docs/generate.py

coverage: $(READY) ## which lines of clearwell/ the tests run, without local Spark and its like
	$(RUN) -m coverage erase
	$(RUN) -m coverage run -m pytest -q -m "not spark and not s3" $(ARGS)
	$(RUN) -m coverage combine --quiet || true
	$(RUN) -m coverage report

mutants: $(READY) ## plant faults by hand in a copy and see that tests fail; ONLY=NAME plants one
	$(RUN) -m tests.mutants $(ONLY)

clean: ## remove what make has made: environment, caches, the demo's lake and its run records
	rm -rf $(VENV) lake lake-hybrid build dist .coverage .hypothesis .import_linter_cache .pytest_cache .ruff_cache
	find dagster_home -mindepth 1 -maxdepth 1 ! -name '*.yaml' -exec rm -rf {} +
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

release: $(READY) ## build and check wheel and source archive into dist/; uploads nothing
	@$(RUN) release.py

lock: $(READY) ## write constraints.txt anew from pyproject.toml; ARGS=--upgrade takes newer versions
	$(VENV)/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-emit-package clearwell --custom-compile-command 'make lock' --quiet \
		$${PIP_INDEX_URL:+--default-index "$$PIP_INDEX_URL"} $(ARGS) --output-file constraints.txt

# The checkout itself, importable; what it depends on comes from the lock alone.
$(READY): $(LOCKED) pyproject.toml
	@$(RUN) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# PySpark comes as a source archive: what builds it is installed first, from the lock too, for pip would fetch
# a build backend of its own without looking at a hash.
$(LOCKED): constraints.txt
	@found=; for python in $(PYTHON); do \
		if "$$python" -c '$(USABLE)' >/dev/null 2>&1; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo 'error: no Python 3.11, 3.12 or 3.13 with its venv module was found' >&2; \
		echo '  next: install one (Debian, Ubuntu: python3.11 and python3.11-venv), or name it: make PYTHON=/path/to/python3.11' >&2; \
		exit 1; \
	fi; \
	echo "-- making $(VENV) with $$($$found --version), once: this takes a few minutes"; \
	"$$found" -m venv --clear $(VENV)
	@awk '/^[a-z]/ { wanted = /^setuptools==/ } wanted' constraints.txt > $(VENV)/build.txt
	@$(RUN) -m pip install --quiet --no-deps --require-hashes --requirement $(VENV)/build.txt
	@{ $(RUN) -m pip install --no-deps --require-hashes --no-build-isolation --use-pep517 --no-compile \
		--requirement constraints.txt && touch $(VENV)/installed; } 2>&1 \
		| awk -v all="$$(grep -c '^[a-z].*==' constraints.txt)" ' \
			/^Collecting / && ++n % 12 == 0 { printf "   %3d of %d packages: %s\n", n, all, $$2; fflush() } \
			/^Building wheel|^Installing collected/ { print "   " tolower(substr($$0, 1, 20)); fflush() } \
			/^ *(ERROR|error):/ { loud = 1 } \
			loud { print; fflush() }'
	@test -e $(VENV)/installed
	@$(RUN) -m pip check
	@echo '-- compiling byte-code'
	@$(RUN) -m compileall -qq -j 0 $(VENV)/lib clearwell assets pipelines || true
	@touch $@
