# Two commands matter: `make repro` and `make test`. Each sets everything up by itself.

PYTHON ?= $(firstword $(foreach p,python3.13 python3.12 python3.11 python3 python,\
	$(shell $(p) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $(p))))
BIN := .venv/bin
READY := .venv/.ready
UV_VERSION := 0.13.9
CYCLONEDX_VERSION := 7.5.0
# A process per core and one thread in each, as small matrices lose by more. The pipelines that tests
# run have as many as a user's, whose bytes they must give. Long files begin first: tests/conftest.py.
PYTEST := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 \
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder

# An environment names its own folder: in a project that was moved or copied it is made anew.
ifeq ($(shell test -L .venv || test ! -e $(READY) || grep -qsF -e "$(CURDIR)/.venv" .venv/pyvenv.cfg || echo moved),moved)
$(shell rm -f $(READY))
endif

export PATH := $(abspath $(BIN)):$(PATH)
export DVC_NO_ANALYTICS := 1
export DO_NOT_TRACK := 1
export MLFLOW_ALLOW_PICKLE_DESERIALIZATION := false
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION := false

# For each of twenty kinds of input that are fuzzed
FUZZ_SECONDS ?= 30
SOAK_MINUTES ?= 120

# What runs with the wheel in other interpreters
QUICK := tests/domain tests/io tests/statistics tests/project tests/models/test_closed_form.py tests/models/test_predictor.py \
	tests/cli/test_app.py tests/cli/test_init.py tests/cli/test_predict.py

.PHONY: help setup repro study plots test test-slow test-python chaos soak docs lint format lock sbom schema ui bench clean

help:  ## what can be made
	@sed -nE 's/^([a-z-]+):.*  ## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand --tabs=12

setup: $(READY)  ## the environment in .venv, as requirements.lock has it

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11, 3.12 or 3.13 found; install one or set PYTHON=" >&2; exit 2; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(READY)

repro: $(READY)  ## the whole pipeline on the cohort in data/ (the demo cohort, unless you brought yours)
	@test -e data || $(BIN)/dvc pull --quiet data.dvc
	$(BIN)/dvc repro
	@echo "explorer: reports/explorer.html    report: reports/report.html    runs: make ui"

study: repro  ## a learning curve and what tuning gained, on the same cohort, and a report that shows them
	$(BIN)/dvc repro study/dvc.yaml
	@echo "report: study/report.html"

plots: $(READY)  ## DVC's plots of curves and figures, on a page that opens offline
	$(BIN)/python .dvc/plots/page.py .dvc/tmp/page.html
	$(BIN)/dvc config --local plots.html_template tmp/page.html
	$(BIN)/dvc plots show

test: lint  ## linters and every test that takes seconds
	$(PYTEST) -m "not slow and not chaos"

test-slow: repro  ## the tests that run whole pipelines, or look at what `make repro` gave
	$(PYTEST) -m slow --durations 20

chaos: $(READY)  ## kills, starvation and rubbish at length, an hour at most; docs/reliability.md says what
	OMP_NUM_THREADS=1 $(BIN)/pytest -m chaos tests/chaos tests/tuning tests/test_supply_chain.py
	OMP_NUM_THREADS=1 DEEPDEP_FUZZ_EXAMPLES=10000 DEEPDEP_FUZZ_SECONDS=$(FUZZ_SECONDS) \
		$(BIN)/pytest tests/sources/bad_input/test_fuzz.py tests/serving/test_fuzz.py

soak: $(READY)  ## two hours of requests, trials, imports and validations: SOAK_MINUTES=120
	OMP_NUM_THREADS=1 DEEPDEP_SOAK_MINUTES=$(SOAK_MINUTES) $(BIN)/pytest -m slow tests/chaos/test_soak.py

test-python: $(READY)  ## the wheel and quick tests in a throw-away environment: PYTHON=python3.12
	@set -e; scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; python="$$scratch/env/bin/python"; \
	$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir "$$scratch/dist"; \
	$(PYTHON) -m venv --without-pip "$$scratch/env"; \
	$(BIN)/uv pip install --quiet --python "$$python" --require-hashes --compile-bytecode -r requirements.lock; \
	$(BIN)/uv pip install --quiet --python "$$python" --no-deps "$$scratch"/dist/*.whl; \
	"$$python" -c 'import deepdep, sys; assert deepdep.__file__.startswith(sys.prefix); print("Python", sys.version)'; \
	OMP_NUM_THREADS=1 PATH="$$scratch/env/bin:$$PATH" "$$python" -m pytest -q -m "not slow and not chaos" $(QUICK)

docs: $(READY)  ## a site of all pages, commands, settings and functions, in site/
	$(BIN)/mkdocs build --quiet --strict

lint: $(READY)  ## format, style, types and the directions of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(READY)  ## write the code as the linters want it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(READY)  ## choose versions anew; hashes only, no index's address
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url --no-header pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra gpu --generate-hashes --no-emit-index-url --no-header --constraints requirements.lock pyproject.toml \
		| awk '/^[a-z]/ {of_gpu = /^nvidia-/} of_gpu' > requirements-gpu.lock

sbom: $(READY)  ## dist/sbom.json: what requirements.lock pins, as CycloneDX has it; no index's address
	@set -e; scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; mkdir -p dist; \
	$(BIN)/uv venv --quiet --python $(BIN)/python "$$scratch/env"; \
	$(BIN)/uv pip install --quiet --python "$$scratch/env/bin/python" "cyclonedx-bom==$(CYCLONEDX_VERSION)"; \
	"$$scratch/env/bin/cyclonedx-py" requirements --pyproject pyproject.toml --mc-type library \
		--output-reproducible --no-validate --output-file "$$scratch/sbom.json" requirements.lock; \
	sed 's#https://pypi.org/[a-z]*/#pkg:pypi/#g' "$$scratch/sbom.json" > dist/sbom.json

schema: $(READY)  ## params.schema.json, by which editors check params.yaml
	$(BIN)/python -m deepdep.cli.params_schema > params.schema.json

ui: $(READY)  ## MLflow on http://127.0.0.1:5000
	$(BIN)/deepdep runs ui

bench: $(READY)  ## every benchmark; each prints one JSON line
	@for script in prepare binning validate epoch sparse_layers converge pretrain predict causes distance associations screen growth memory serve explore tune cost_model demo_pipeline real_pipeline real real_learning_curve known_answers real_screen labels release_files closed_form; do $(BIN)/python benchmarks/$$script.py || exit 1; done

clean:  ## everything that a run makes, after a question; the DVC cache, the data and the runs stay
	@echo "This deletes models, predictions and reports, and the trials of studies in .checkpoints."
	@test "$(YES)" = 1 || { printf "Go on? [y/N] "; read -r answer && test "$$answer" = y; } \
		|| { echo "nothing was deleted (YES=1 does not ask)"; exit 1; }
	rm -rf prepared tuning models predictions dvc_plots site dist .checkpoints .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find study -mindepth 1 ! -name 'dvc.*' -delete
	find reports -mindepth 1 ! -name headline.json -delete  # which is in git
