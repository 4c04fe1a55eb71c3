# Every target makes the virtual environment that it needs; nothing has to be installed beforehand but Python >= 3.11.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INTEGRATION := $(VENV)/.integration

.PHONY: help dev demo test test-slow accuracy bench bench-probe check fix rules data models ner clean

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

dev: $(INSTALLED) ## make .venv with everything that development needs

$(INSTALLED): pyproject.toml constraints.txt hatch_build.py $(wildcard src/finetooth/detectors/*.[ch])
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "finetooth needs Python >= 3.11; call: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[probe,dev]'
	touch $@

$(INTEGRATION): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[integration]'
	touch $@

demo: $(INSTALLED) ## audit the sample data and the model that was tuned on it: ends NO-GO, with the leaks shown
	@$(BIN)/finetooth audit sample_data/support_chat.jsonl \
		--model sample_data/models/tuned --base sample_data/models/base; \
	code=$$?; echo "exit code $$code"; test $$code -eq 1

test: $(INSTALLED) ## run the fast tests, on every core
	$(BIN)/python -m pytest -n auto --dist worksteal

test-slow: $(INTEGRATION) ## run the tests that need minutes
	$(BIN)/python -m pytest -m slow

accuracy: $(INSTALLED) ## measure detection, and that of peers, on the labelled sets in the folder FINETOOTH_DATA
	$(BIN)/python benchmarks/accuracy.py

bench: $(INSTALLED) ## measure speed beside plain Presidio and detect-secrets, workers, resume and memory (half an hour)
	$(BIN)/python benchmarks/speed.py

bench-probe: $(INSTALLED) ## measure the probe beside leakit, garak and memaudit on a model tuned here (two hours), and null trials
	$(BIN)/python benchmarks/probe.py
	$(BIN)/python benchmarks/probe.py --null

check: $(INSTALLED) ## lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(INSTALLED) ## mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

rules: $(INSTALLED) ## write docs/rules.md again from the rules
	$(BIN)/python -c 'from finetooth.detectors.rulebook import page; print(page(), end="")' > docs/rules.md

data: $(INSTALLED) ## make the sample data again (the same bytes each time)
	$(BIN)/python sample_data/make_data.py

models: $(INSTALLED) ## train the two sample models again (about a minute)
	$(BIN)/python sample_data/train_models.py

ner: $(INSTALLED) ## train the entity model again (a quarter of an hour; needs WordNet, docs/ner.md)
	$(BIN)/python models/train_ner.py

clean: ## remove what was made
	rm -rf src/finetooth/detectors/_native.so $(VENV) .finetooth .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist
