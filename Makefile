# Everything from a clean checkout with python3 >= 3.11 and pip.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check style types units contracts bench format system clean

PYTHON ?= python3
# uv from the machine, or one of our own beside the checkout: nothing outside this folder is changed.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN := .venv/bin/
export UV_PYTHON_DOWNLOADS := never
# What Python compiled once is kept, whatever the machine says: tests start a hundred processes, and each would compile it all again.
unexport PYTHONDONTWRITEBYTECODE
TEMPORARY = TMPDIR=$$(sh tests/temporary-files.sh)

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.complete  ## everything into .venv, from the lock file

.venv/.complete: uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "needs python3 >= 3.11"; exit 2; }
	@command -v $(UV) >/dev/null || $(PYTHON) -m pip install --quiet --target .uv uv
	$(UV) sync --locked --all-extras --python "$$(command -v $(PYTHON))"
	@touch $@

system: setup  ## system packages that the browser and PostgreSQL tests need
	@sh tests/system-packages.sh

# One process more than two cores: tests wait for servers, browsers and disks a third of their time.
test: setup system  ## the whole suite
	$(TEMPORARY) $(RUN)pytest -n 3 --dist loadfile

# Its parts run beside each other, each with its output in one piece; all that fail are told.
check: setup  ## format, lint, import contracts, types, fast tests
	@$(MAKE) --no-print-directory --keep-going -j4 $(if $(filter output-sync,$(.FEATURES)),-O) units types contracts style

style:
	$(RUN)ruff format --check
	$(RUN)ruff check
	$(RUN)lint-imports

types:
	$(RUN)mypy

# Two processes, each of which reads only the tests that it runs. Everything in the other folders is slow.
FAST = $(TEMPORARY) $(RUN)pytest -q -m "not slow" --hypothesis-profile quick
units:
	$(FAST) tests/unit

contracts:
	$(FAST) tests/contract tests/architecture

format:  ## rewrite to the house format
	$(RUN)ruff format
	$(RUN)ruff check --fix

bench: setup  ## benchmarks against peers and physical limits
	@sh tests/system-packages.sh bench
	$(RUN)python -m benchmarks

demo: setup  ## a real S3 server with real files, and Storekeeper watching it
	$(RUN)storekeeper demo

clean:
	rm -rf .venv .uv .mypy_cache .ruff_cache .hypothesis dist
