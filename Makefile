# sbdash: `make demo` shows it, `make run` is the real thing, `make test` proves it. docs/develop.md tells more.
# PYTHON=python3.12 chooses the Python (3.11 to 3.13) of the environment in .venv, which is made anew for another one.
SHELL := /bin/bash
PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
RUNS := .venv/runs-$(VERSION)
TESTS := .venv/tests-$(VERSION)
NODE := node_modules/.installed
PORT ?= 8000
DATA_DIR ?= var
JOBS ?= 4
export PORT DATA_DIR
unexport PYTHONDONTWRITEBYTECODE  # else each process compiles sbdash anew, which takes a fifth of its start
PY := .venv/bin/python
INSTALL = if command -v uv >/dev/null; then uv pip install -q --python $(PY) --require-hashes -r $(1); \
	else $(PY) -m pip install --disable-pip-version-check --no-color --progress-bar off --require-hashes -r $(1) \
	| sed -un 's/^Collecting \([^ ;=]*\).*/  \1/p; s/^Installing collected.*/  installing them/p; s/^ERROR/&/p'; \
	exit $${PIPESTATUS[0]}; fi

.PHONY: help demo run setup ready test test-fast check check-js bench lock hooks

help: ## lists the targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):[^#]*## ?(.*)/\1\t\2/' | expand -t 12

demo: ready ## sets up and serves with simulated traffic
	@exec $(PY) manage.py serve --demo

run: ready ## sets up and serves
	@exec $(PY) manage.py serve

ready: $(RUNS)
	@$(PY) manage.py migrate --verbosity 0
	@$(PY) manage.py first_run

setup: $(TESTS) $(NODE) ## installs what sbdash and its tests need

$(RUNS): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "sbdash needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { echo "Python cannot make environments here. On Debian: apt-get install python3-venv"; exit 1; }
	@test "$$($(PY) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$(VERSION)" \
		|| $(PYTHON) -m venv --clear .venv
	@echo "installing what sbdash needs (once, about a minute)"
	@$(call INSTALL,requirements.txt)
	@touch $@

$(TESTS): $(RUNS) requirements-dev.txt
	@echo "installing what the tests need (once)"
	@$(call INSTALL,requirements-dev.txt)
	@touch $@

$(NODE): package.json package-lock.json .npmrc
	@command -v npm >/dev/null || { echo "npm checks the JavaScript. On Debian: apt-get install npm"; exit 1; }
	@echo "installing what checks the JavaScript (once)"
	@[ ! -L node_modules ] || rm node_modules  # else npm empties the folder of another checkout
	@npm ci --ignore-scripts --loglevel=error >/dev/null
	@touch $@

# Everything, on two cores in 14 minutes. ARGS are pytest's.
test: ## checks and runs every test, as CI does; ARGS are pytest's
	@PYTHON="$(PYTHON)" bash tests/set-up.sh
	@$(MAKE) --no-print-directory check
	@$(PY) -m pytest -p no:cacheprovider --durations=10 -n $(JOBS) $(ARGS)

# What needs no server, no browser and no other database, with fewer random examples: for every commit.
test-fast: ## checks and runs the tests that start no process
	@PYTHON="$(PYTHON)" bash tests/set-up.sh
	@$(MAKE) --no-print-directory check
	@EXAMPLES=fast $(PY) -m pytest -p no:cacheprovider -m "not slow" -n logical $(ARGS)

check: $(TESTS) ## formatting, lint, types, migrations, architecture, JavaScript
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@$(PY) -W error manage.py makemigrations --check --dry-run --verbosity 0
	@HTTPS=true $(PY) -W error manage.py check --deploy --fail-level WARNING
	@$(PY) -m pytest -q -p no:cacheprovider tests/test_architecture.py
	@$(MAKE) --no-print-directory check-js

check-js: $(NODE) ## format, lint and types of JavaScript, and its tests
	@node_modules/.bin/biome check --error-on-warnings
	@node_modules/.bin/tsc
	@node --test $$(find tests/js -name "*.test.mjs")

bench: $(TESTS) ## the benchmarks; writes README's table
	@$(PY) bench/run.py

lock: ## pins the requirements anew
	uv lock -q
	uv export -q --no-dev --no-emit-project --no-header -o requirements.txt
	uv export -q --no-dev --no-emit-project --no-header --extra postgres -o requirements-postgres.txt
	uv export -q --only-group dev --no-emit-project --no-header -o requirements-dev.txt

hooks: $(TESTS) ## runs `make check` before each commit
	@$(PY) -m pip install -q --disable-pip-version-check pre-commit
	@.venv/bin/pre-commit install
