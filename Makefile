# Everything a newcomer needs, on a fresh Debian or Ubuntu with python3 (3.11+), python3-venv and make.
.DEFAULT_GOAL := help
.PHONY: help demo run test check bench shots lock clean

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
EMULATOR_PORT ?= 8001
DATA ?= data/demo
ARGS ?=
BIN := $(VENV)/bin
unexport PYTHONDONTWRITEBYTECODE  # compiled anew for each process, the tests take half as long again
PYTEST := $(BIN)/python -W ignore::ResourceWarning -m pytest

help: ## Say what can be made
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: $(VENV)/.ready ## The whole portal with an embedded Alma (PORT=8000 EMULATOR_PORT=8001 DATA=folder)
	@exec $(BIN)/python manage.py demo --port=$(PORT) --emulator-port=$(EMULATOR_PORT) --data=$(DATA)

run: $(VENV)/.ready ## Web server and worker against the Alma of the environment or .env (PORT=8000)
	@exec $(BIN)/python manage.py serve --port=$(PORT)

test: $(VENV)/.ready-dev ## All tests; ARGS="-k words" for some
	$(PYTEST) -n auto -m "not browser and not slow and not thorough" $(ARGS) || [ $$? -eq 5 ]  # 5: none was chosen
	$(PYTEST) -n auto -m "thorough and not browser and not slow" $(ARGS) || [ $$? -eq 5 ]
	$(PYTEST) -n 2 --dist worksteal -m "(browser or slow) and not alone" $(ARGS) || [ $$? -eq 5 ]
	$(PYTEST) -m alone $(ARGS) tests/processes || [ $$? -eq 5 ]

check: $(VENV)/.ready-dev ## Formatting, lint, types, missing migrations, Django's deployment checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	DEBUG=1 ALMAPORTAL_DATA=$(VENV)/check $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python tests/check_deploy.py

bench: $(VENV)/.ready-dev ## The measurements that the README quotes
	$(BIN)/python -m bench

shots: $(VENV)/.ready-dev ## The screenshots that the docs show
	$(BIN)/python -m bench.shots

PIN := -m piptools compile --quiet --upgrade --allow-unsafe --generate-hashes --strip-extras --no-header --no-annotate --no-emit-options \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host pyproject.toml

lock: $(VENV)/.ready-dev ## Pin the newest versions that pyproject.toml allows, without addresses
	$(BIN)/python $(PIN) --output-file requirements.lock
	$(BIN)/python $(PIN) --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## Remove the environment and the demo's data
	rm -rf $(VENV) data/demo

# An environment is ready when what the lock file names is installed in it.
$(VENV)/.ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is `$(PYTHON) --version`."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement requirements.lock
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement requirements-dev.lock
	@touch $@
