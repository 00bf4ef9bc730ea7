# Sets up, builds, runs, tests and checks tickmesh. Everything goes into .venv, build/ and the page's own
# folders. Only `make test` reaches further: as root on Debian it installs chromium for the page's tests.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --silent

PYTHON ?= python3
DATABASE ?= sqlite
DATA ?= data
ARGS ?=
TESTS ?= tests
WORKERS ?= 3

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed.stamp
BUILT := build/built.stamp
PAGE := gateway/dashboard
PAGE_PACKAGES := $(PAGE)/node_modules/installed.stamp
PAGE_BUILT := $(PAGE)/dist/index.html

PROTOS := $(shell find protos -name '*.proto')
C_SOURCES := $(filter-out native/_engine.c, \
    $(wildcard native/*.[ch] native/python/*.c native/tape/*.[ch] native/venue/*.[ch]))
PAGE_SOURCES := $(shell find $(PAGE)/src $(PAGE)/public -type f 2>/dev/null) \
    $(wildcard $(PAGE)/*.html $(PAGE)/*.json $(PAGE)/*.ts)
MANIFESTS := $(filter-out %/kustomization.yaml,$(wildcard k8s/base/*.yaml k8s/overlays/*/*.yaml))
NODE_IS_NEW_ENOUGH := node -e 'const [a, b] = process.versions.node.split(".").map(Number); \
    process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
# What belongs to one machine and never into the repository: package mirrors and folders.
FOREIGN := ^--(extra-)?index-url|^--find-links|^ *"resolved"|file:///|/root/|/home/

.PHONY: help run build page test test-page browser check check-python check-imports check-protos check-breaking \
    check-c check-k8s check-paths format bench differential fuzz coverage lock clean

help: ## Shows this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

run: build page ## Starts the whole platform; DATABASE=postgres brings its own PostgreSQL, ARGS go to `tickmesh up`
ifeq ($(DATABASE),postgres)
	@exec $(BIN)/python -m tickmesh.services.runtime.local_postgres $(DATA)/postgres \
	    $(BIN)/tickmesh up --data $(DATA) --database '{url}' $(ARGS)
else
	@exec $(BIN)/tickmesh up --data $(DATA) $(ARGS)
endif

build: $(BUILT) ## Installs dependencies, makes the stubs, compiles the engine

$(INSTALLED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "tickmesh needs Python 3.11 or newer; name one with PYTHON=..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the dependencies into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

$(BUILT): $(INSTALLED) setup.py pyproject.toml native/build_engine.py $(PROTOS) $(C_SOURCES)
	@echo "building the stubs and the engine"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

page: ## Builds the browser page, where Node.js is there
	@if $(NODE_IS_NEW_ENOUGH); then $(MAKE) $(PAGE_BUILT); \
	else echo "no Node.js 20.19 or newer here: the browser page is not built, the API works without it"; fi

$(PAGE_PACKAGES): $(PAGE)/package-lock.json
	@echo "installing the page's dependencies"
	@cd $(PAGE) && npm ci --silent
	@touch $@

$(PAGE_BUILT): $(PAGE_PACKAGES) $(PAGE_SOURCES)
	@echo "building the page"
	@cd $(PAGE) && npm run --silent build -- --logLevel warn
	@touch $@

# Most tests wait for other processes, so there are more workers than cores. A module runs in one worker, for
# the platforms of its own; modules begin in their order, in which those that take long come early.
test: build page browser test-page ## Runs every test; TESTS=tests/native runs a part, WORKERS=0 in one process
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0 $(TESTS) $(ARGS)

test-page: page
	@if $(NODE_IS_NEW_ENOUGH); then cd $(PAGE) && npm test --silent; fi

browser:
	@if command -v chromium chromium-browser google-chrome >/dev/null; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    echo "installing chromium"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium >/dev/null; \
	else echo "no chromium here, and no right to install it: the page is not tested in a browser"; fi

check: build check-python check-imports check-protos check-breaking check-c check-k8s check-paths ## Lints and types
	@echo "all checks passed"

check-python: $(BUILT)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy -p tickmesh.services -p tickmesh.gateway -p tickmesh.native

check-imports: $(BUILT)
	@cd build/py && ../../$(BIN)/lint-imports --config ../../pyproject.toml --no-cache

check-protos: $(INSTALLED)
	@$(BIN)/buf lint
	@$(BIN)/buf format -d --exit-code

check-breaking: $(INSTALLED)
	@earlier=$$(git describe --tags --abbrev=0 2>/dev/null || git rev-parse -q --verify main 2>/dev/null \
	    || git rev-parse -q --verify origin/main 2>/dev/null || true); \
	if [ -z "$$earlier" ] || ! git cat-file -e "$$earlier:protos" 2>/dev/null; then \
	    echo "no earlier version of the protos here: breaking changes are not looked for"; exit 0; \
	fi; \
	rm -rf build/earlier && mkdir -p build/earlier; \
	git archive "$$earlier" buf.yaml protos | tar -x -C build/earlier; \
	$(BIN)/buf breaking --against build/earlier

check-c: $(BUILT)
	@$(BIN)/pytest tests/native/test_sanitizers.py

check-k8s: $(INSTALLED)
	@$(BIN)/kubernetes-validate --strict --quiet $(MANIFESTS)

check-paths:
	@if git grep -nIE -e '$(FOREIGN)' -- . ':!Makefile'; then \
	    echo "these lines name a package mirror or a folder of one machine"; exit 1; fi

format: $(INSTALLED) ## Formats Python and protos
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/buf format -w

bench: build page ## Runs every benchmark and writes docs/benchmarks.md
	@$(BIN)/python -m tests.benchmarks $(ARGS)

differential: build ## Compares the engine with its Python reference; ARGS="--compiled --jobs 2 --commands 10_000_000"
	@$(BIN)/python -m tests.native.differential_run $(ARGS)

fuzz: ## Fuzzes the engine's C with libFuzzer, where clang is there; ARGS=seconds
	@sh tests/native/fuzz.sh build/fuzz $(ARGS)

coverage: build ## Says which of the engine's C its tests do not reach, where gcovr is there; fails below 95%
	@sh tests/native/coverage.sh $(BIN)/python $(ARGS)

lock: $(INSTALLED) ## Pins the dependencies of pyproject.toml anew
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --upgrade \
	    --no-header --no-annotate --quiet -o requirements.lock

clean: ## Removes what was built; .venv and data stay
	rm -rf build dist *.egg-info native/_engine.c native/*.so native/*.o $(PAGE)/dist $(PAGE)/node_modules
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
