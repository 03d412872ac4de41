# Everything a person does here, one target each. `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
TOOLS ?= .tools
FLOOR ?= 70
# Tests wait for half of their time, for the clock and for each other: two workers more than a small machine has cores
# keep it busy.
WORKERS ?= 4
ARCH ?= arm64
STACK ?= dlambda
GRADUAL ?=

PY := $(abspath $(VENV))/bin/python
# The stamps' names carry the lock files' checksum and this folder: a changed lock or a moved checkout installs again.
key = $(firstword $(shell (pwd; cat $(1)) | cksum))
# Says nothing but what went wrong. `compile` follows, since pip itself would compile on one core.
pip = $(PY) -m pip install --no-compile --disable-pip-version-check --require-hashes -r $(1) >$(VENV)/install.log 2>&1 \
  || { tail -n 30 $(VENV)/install.log; exit 1; }
compile = $(PY) -m compileall -q -j 2 $(VENV)/lib functions local
npm_ci = npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
page_tools = mkdir -p $(TOOLS)/page && cp page/package.json page/package-lock.json $(TOOLS)/page/ \
  && $(npm_ci) --prefix $(TOOLS)/page $(1) >/dev/null && find $(TOOLS)/page/node_modules -name '*.map' -delete \
  && rm -f $(TOOLS)/.page-* && touch $(PAGE_TOOLS_READY)
RUN_READY := $(VENV)/.run-$(call key,requirements-local.txt package-lock.json)
# The web page has a stamp of its own: a changed source is built again, and nothing else is installed again.
PAGE_TOOLS_READY := $(TOOLS)/.page-$(call key,page/package-lock.json)
PAGE_SOURCES := $(shell find page -type f -not -path '*/node_modules/*')
PAGE_READY := functions/endpoints/page/built/.made-$(call key,$(PAGE_SOURCES))
BROWSER := tests/e2e/browser
ASYNCAPI := tests/contract/asyncapi
DEV_LOCKS := requirements-dev.txt package-lock.json page/package-lock.json $(BROWSER)/package-lock.json $(ASYNCAPI)/package-lock.json
DEV_READY := $(VENV)/.dev-$(call key,$(DEV_LOCKS))

# As measured (docs/decisions/installation-size.md).
RUN_SIZE := 590 MB
DEV_SIZE := 1.1 GB more

# Some machines forbid .pyc files; a start without them takes a second longer each time.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPATH := $(CURDIR)/functions:$(CURDIR)
export DLAMBDA_TOOLS_DIR := $(abspath $(TOOLS))/bin

.DEFAULT_GOAL := help
.PHONY: help run test test-again test-fast test-nightly check audit format bench figures coverage clean artifacts deploy costs openapi lock
.PHONY: base-image prove-cloud prove-faults scale install update smoke upgrade notice bump-ytdlp release-notes

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  \033[1m%-13s\033[0m %s\n", $$1, $$2}' Makefile

run: $(RUN_READY) $(PAGE_READY) ## Start the service on this machine (PORT=8080, DATA_DIR=./data)
	@exec $(PY) -m local

install: $(RUN_READY) $(PAGE_READY) ## Install what `make run` needs, and start nothing

update: $(RUN_READY) ## Fetch the newest yt-dlp for the service in DATA_DIR, and try it
	@$(PY) -m local.update_ytdlp

test: $(DEV_READY) $(PAGE_READY) ## Run the tests (ARGS="-k name" passes arguments to pytest)
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --junitxml=build/tests.xml $(ARGS)

test-again: $(DEV_READY) ## Run what failed in the last run once more, alone, when it is at most five tests
	@$(PY) .ci/failed_tests.py
	@$(PY) -m pytest --last-failed --last-failed-no-failures none --junitxml=build/tests-again.xml $(ARGS)

test-fast: $(DEV_READY) ## Run the tests of the domain and the tables alone
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder tests/unit tests/store $(ARGS)

test-nightly: $(DEV_READY) $(PAGE_READY) ## Run the tests, the long ones as well
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "" $(ARGS)

prove-cloud: $(DEV_READY) $(PAGE_READY) ## Deploy to a cloud on this machine and take a URL through it; no account needed
	@$(PY) -m pytest tests/cloud --durations=5 $(ARGS)

prove-faults: $(DEV_READY) $(PAGE_READY) ## Kill processes, lose messages, fill the disk; writes docs/faults.md (ARGS="--rounds 5 --only node")
	@$(PY) -m tests.faults $(ARGS)

smoke: $(DEV_READY) ## Run the tests that a new yt-dlp may break
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder tests/media tests/functions/test_ytdlp.py \
	  tests/functions/test_pipeline.py tests/unit/test_options.py

# What takes longest begins first, and two at a time share the cores.
CHECKS := .check-types .check-page .check-template .check-dead-code .check-locks .check-texts .check-style .check-imports

check: $(DEV_READY) ## Lint, types, import rules, template, workflows, lock files, version, commits (SINCE=ref: those after it)
	@$(MAKE) --no-print-directory --jobs 2 --output-sync $(CHECKS)

.PHONY: $(CHECKS)
.check-types:
	@$(PY) -m mypy functions local infra layers
	@$(PY) .ci/typed_tests.py

.check-page:
	@$(PY) .ci/page.py

.check-template:
	@$(abspath $(VENV))/bin/cfn-lint template.yaml
	@$(abspath $(VENV))/bin/zizmor --quiet --offline --no-progress .github/workflows

.check-dead-code:
	@$(PY) .ci/dead_code.py

.check-locks:
	@$(PY) .ci/locks.py
	@$(PY) .ci/notice.py

.check-texts:
	@$(PY) .ci/version.py
	@$(PY) .ci/commits.py $(if $(SINCE),--since $(SINCE))
	@$(PY) .ci/host_questions.py

.check-style:
	@$(PY) -m ruff check functions local tests .ci layers infra
	@$(PY) -m ruff format --check --quiet functions local tests .ci layers infra || { echo "Run make format."; exit 1; }

.check-imports:
	@$(abspath $(VENV))/bin/lint-imports

audit: $(DEV_READY) ## Look for advisories of locked packages, and old binaries; fails when it cannot look
	@$(PY) .ci/audit.py $(abspath $(TOOLS))/bin

format: $(DEV_READY) ## Format the code and sort its imports
	@$(PY) -m ruff check --fix-only --select I functions local tests .ci layers infra
	@$(PY) -m ruff format functions local tests .ci layers infra

bench: $(DEV_READY) ## Measure: start, memory, requests, media
	@$(PY) -m tests.bench $(ARGS)

scale: $(DEV_READY) ## Simulate many callers on tables like DynamoDB; writes docs/scale.md (ARGS="--callers 1,64")
	@$(PY) -m tests.scale $(ARGS)

figures: $(DEV_READY) ## Print figures of the code: names, docstrings, sizes, dead code, last test run
	@$(PY) .ci/figures.py

coverage: $(DEV_READY) ## Measure what unit and store tests cover, with a floor (FLOOR=percent)
	@mkdir -p build && $(PY) -m coverage run -m pytest -q tests/unit tests/store
	@$(PY) -m coverage json -q -o build/coverage.json && $(PY) -m coverage report --fail-under=$(FLOOR) --format=total

artifacts: $(DEV_READY) $(PAGE_READY) ## Build everything that a deployment needs into build/ (ARCH=x86_64: not for Graviton)
	@$(PY) layers/ffmpeg/build.py --architecture $(ARCH)
	@$(PY) -m infra.artifacts --architecture $(ARCH)
	@$(PY) -m infra.image_template --architecture $(ARCH) $(if $(GRADUAL),--gradual $(GRADUAL))

deploy: $(DEV_READY) ## Deploy to AWS; the first time it asks (STACK=dlambda ARGS="MaxWorkers=5", ARGS=--check)
	@$(PY) -m infra.deploy --stack $(STACK) $(if $(findstring file,$(origin ARCH)),,--architecture $(ARCH)) $(if $(GRADUAL),--gradual $(GRADUAL)) $(ARGS)

costs: $(DEV_READY) $(PAGE_READY) ## Count what a download takes, and write docs/costs.md: what AWS costs
	@$(PY) -m tests.costs

openapi: $(DEV_READY) ## Write openapi.json, asyncapi.json, API.md, the list of yt-dlp's options and the page's types
	@$(PY) -m local.openapi
	@$(PY) -m local.options
	@$(PY) -m local.pages
	@$(PY) .ci/page.py --write

lock: $(DEV_READY) ## Resolve requirements*.in and package.json again into the lock files
	@$(PY) .ci/locks.py --write

upgrade: $(DEV_READY) ## Lock the newest of everything that requirements*.in does not pin
	@$(PY) .ci/locks.py --write --upgrade-all

base-image: $(DEV_READY) ## Pin the image that functions are built on to what its tag means now
	@$(PY) -m infra.base_image

notice: $(DEV_READY) ## Write the packages and their licences into NOTICE
	@$(PY) .ci/notice.py --write

bump-ytdlp: $(DEV_READY) ## Lock the newest yt-dlp; prints its version when that changes something
	@$(PY) .ci/bump_ytdlp.py

release-notes: ## Print the change log of TAG=v1.2.3, once everything agrees with that version
	@$(PYTHON) .ci/version.py --tag $(TAG)

clean: ## Remove what was installed and built; DATA_DIR stays
	rm -rf $(VENV) $(TOOLS) build functions/endpoints/page/built page/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .aws-sam
	find functions local tests .ci layers -name __pycache__ -prune -exec rm -rf {} +

# A virtual environment of our own; Debian keeps the part that makes one in a package of its own.
$(VENV)/bin/python:
	@PYTHON=$(PYTHON) VENV=$(VENV) sh local/machine.sh
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python cannot make a virtual environment. On Debian: apt install python3-venv"; exit 1; }
	@$(PY) -m pip uninstall -qq -y setuptools # 10 MB that Python 3.11 brings and nothing here needs

$(RUN_READY): | $(VENV)/bin/python
	@PYTHON=$(PYTHON) VENV=$(VENV) sh local/machine.sh
	@echo "Installing into $(VENV) and $(TOOLS), once: $(RUN_SIZE), one to three minutes"
	@$(MAKE) --no-print-directory --jobs 2 .run-packages .binaries
	@$(PY) -m local.tools $(TOOLS)
	@$(compile)
	@rm -f $(VENV)/.run-*; touch $@

$(DEV_READY): $(RUN_READY)
	@echo "Installing the tools of development, once: $(DEV_SIZE), two to five minutes"
	@$(MAKE) --no-print-directory --jobs 2 .dev-packages .browser-ready .page-checks-ready .asyncapi-ready
	@$(compile)
	@rm -f $(VENV)/.dev-*; touch $@

# What builds the page goes when it is built, 23 MB, and comes again when a source has changed. Where the tools of
# development are, it stays with what checks the page.
$(PAGE_READY): | $(RUN_READY)
	@test -e $(PAGE_TOOLS_READY) || { $(call page_tools,$(if $(wildcard $(VENV)/.dev-*),,--omit=dev)); }
	@$(PY) -m local.web_page
	@ls $(VENV)/.dev-* >/dev/null 2>&1 || rm -rf $(TOOLS)/page $(PAGE_TOOLS_READY)
	@touch $@

.PHONY: .run-packages .dev-packages
.run-packages:
	@$(call pip,requirements-local.txt)

.dev-packages:
	@$(call pip,requirements-dev.txt)

.PHONY: .binaries
.binaries:
	@mkdir -p $(TOOLS) && cp package.json package-lock.json $(TOOLS)/
	@test -n "$(DLAMBDA_DYNOXIDE)" \
	  || $(npm_ci) --prefix $(TOOLS) >/dev/null

# What checks the page's types, beside what builds it.
.PHONY: .page-checks-ready
.page-checks-ready:
	@$(call page_tools)

# A browser for the tests alone, which brings its libraries: the machine needs none.
.PHONY: .browser-ready
.browser-ready:
	@mkdir -p $(TOOLS)/browser && cp $(BROWSER)/package.json $(BROWSER)/package-lock.json $(TOOLS)/browser/
	@$(npm_ci) --prefix $(TOOLS)/browser >/dev/null
	@$(PY) -m tests.e2e.browser.unpack $(TOOLS)/browser

# The schema of AsyncAPI.
.PHONY: .asyncapi-ready
.asyncapi-ready:
	@mkdir -p $(TOOLS)/asyncapi && cp $(ASYNCAPI)/package.json $(ASYNCAPI)/package-lock.json $(TOOLS)/asyncapi/
	@$(npm_ci) --prefix $(TOOLS)/asyncapi >/dev/null
