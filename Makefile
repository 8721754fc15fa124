.DEFAULT_GOAL := help
.PHONY: help setup up down status logs demo backup restore web minio clean test test-fast check types fix contracts lock docs bench screenshots web-report

PYTHON ?= python3
PEOPLE ?= 200
PORT ?= 8080
MEMBER ?=
MEMBERS := contracts $(sort $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml tools/*/pyproject.toml))) deploy/local
# A folder with a hyphen is no Python package, so mypy takes those members one by one.
HYPHENATED := $(foreach member,$(MEMBERS),$(if $(findstring -,$(member)),$(member)))
RUN := .venv/bin/python -m
CORES := $(shell nproc)
CERTIFICATES := $(wildcard /etc/ssl/certs/ca-certificates.crt)

unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME VIRTUAL_ENV
ifneq ($(CERTIFICATES),)
export SSL_CERT_FILE ?= $(CERTIFICATES)
export REQUESTS_CA_BUNDLE ?= $(CERTIFICATES)
endif

# `make help` prints the headings (two hashes and @) and the targets with a text (two hashes).
help:
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:
	@$(PYTHON) deploy/setup.py

##@ Run
up: setup ## start the whole system behind the gateway and leave it running
	@$(RUN) vinculo.local up --port $(PORT)

demo: setup ## drive PEOPLE=200 generated people through the running system
	@$(RUN) vinculo.local demo --people $(PEOPLE) --port $(PORT)

down: ## stop the system, leaving no process and no port
	@if [ -e .venv/ready ]; then $(RUN) vinculo.local down; fi

status: setup ## show what is running and ready
	@$(RUN) vinculo.local status

logs: setup ## print the last lines of the log of NAME, one of those of `make status`
	@$(RUN) vinculo.local logs $(or $(NAME),$(error name a process: make logs NAME=onboarding-api))

backup: setup ## back up the running system into the new folder DIR
	@$(RUN) vinculo.local backup $(or $(DIR),$(error name a new folder: make backup DIR=...))

restore: setup ## restore the backup in the folder DIR on a host without a system
	@$(RUN) vinculo.local restore $(or $(DIR),$(error name the folder of a backup: make restore DIR=...))

web: setup ## build the pages of the registration and the console
	@$(RUN) vinculo.local web

minio: setup ## build the real MinIO once (needs Go), instead of the prebuilt gateway
	@$(RUN) vinculo.local minio

clean: ## stop the system; remove its data and the virtual environment
	@if [ -e .venv/ready ]; then $(RUN) vinculo.local down --volumes; fi
	rm -rf .venv .vinculo build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

##@ Test
ifeq ($(MEMBER),)
test: setup web ## run every test, on the real servers; of one folder with MEMBER=libs/events
	$(RUN) pytest -n 3 --dist loadfile contracts libs services tools deploy
	$(RUN) pytest -n 2 --dist loadfile --no-loadscope-reorder tests

test-fast: setup ## run the tests that need no server, also with MEMBER
	$(RUN) pytest -n 2 --dist loadfile -m "not servers" contracts libs services tools deploy
else
ifeq ($(filter $(MEMBER:/=),$(MEMBERS) tests),)
$(error MEMBER=$(MEMBER) is not one of: $(MEMBERS) tests)
endif

test: setup
	$(RUN) pytest $(MEMBER)

test-fast: setup
	$(RUN) pytest -m "not servers" $(MEMBER)
endif

check: setup quick-checks types ## check format, lint, types, imports, words, licences, texts, contracts and documentation
	.venv/bin/lint-imports --no-cache
	@printf '%s\n' $(MEMBERS) | xargs -P $(CORES) -I MEMBER \
		sh -c 'cd MEMBER && $(CURDIR)/.venv/bin/deptry . -kf vinculo > /dev/null 2>&1 || $(CURDIR)/.venv/bin/deptry . -kf vinculo'
	$(RUN) vinculo.contracts schemas --check
	$(RUN) vinculo.contracts asyncapi --check
	$(RUN) vinculo.apidocs --check
	$(RUN) vinculo.local web --check
	$(RUN) vinculo.checks licences
	$(RUN) vinculo.checks domains
	$(RUN) vinculo.checks translations
	$(RUN) vinculo.documentation check
	$(RUN) pytest -q tools/checks/tests/test_declared_dependencies.py

# Mypy gives its workers three seconds to start; on a busy machine that may not be enough.
MYPY = sh -c '.venv/bin/mypy -n $(CORES) "$$@"; code=$$?; \
	if [ $$code -eq 2 ]; then exec .venv/bin/mypy "$$@"; fi; exit $$code' mypy

quick-checks: setup
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	$(RUN) vinculo.checks words

types: setup
	$(MYPY) $(filter-out $(HYPHENATED),$(MEMBERS)) tests bench conftest.py
	@set -e; for member in $(HYPHENATED); do \
		echo "mypy $$member"; MYPYPATH=$$member/src:$$member $(MYPY) $$member/src $$member/tests; \
	done

##@ Change
fix: setup ## format all files and apply the linter's safe fixes
	.venv/bin/ruff check --fix-only --quiet .
	.venv/bin/ruff format .

contracts: setup ## write the JSON Schemas, the AsyncAPI and the OpenAPI documents again
	$(RUN) vinculo.contracts schemas
	$(RUN) vinculo.contracts asyncapi
	$(RUN) vinculo.apidocs

lock: setup ## write requirements.lock again after a change of dependencies
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --group pyproject.toml:dev -o requirements.lock \
		$(addsuffix /pyproject.toml,$(MEMBERS))
	sed -i '/^-e /d' requirements.lock
	$(call image-lock,services,contracts/pyproject.toml $(wildcard services/*/pyproject.toml))
	$(call image-lock,demo,tools/simulation/pyproject.toml)
	echo uv | $(call image-lock,build,-)

# The part of requirements.lock that an image installs. Members come as wheels of their own.
image-lock = .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --constraint requirements.lock $(2) \
		| sed '/^-e /d' > deploy/images/services/$(1).lock

docs: setup ## build the documentation site into build/documentation/site
	@$(RUN) vinculo.documentation build

##@ Measure
bench: setup ## measure throughput and latency beside their ceilings
	$(RUN) bench

screenshots: setup ## save a picture of every page of a running system, into build/screenshots
	$(RUN) bench.web screenshots

web-report: setup ## bytes, speed, layout shift, axe findings and policy violations of the pages
	$(RUN) bench.web report
