.PHONY: demo test test-slow lint bench golden clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= ../shared/data

$(BIN)/copydesk: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(BIN)/copydesk ## the main job on seeds/demo, offline and without a server
	$(BIN)/copydesk demo

test: $(BIN)/copydesk ## the usual run, on all processors, under five minutes on two; ARGS=... for some of it
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

test-slow: $(BIN)/copydesk ## faults, quality and a real server; ARGS=... for some of them
	$(BIN)/python -m pytest -m slow --durations=12 $(ARGS)

lint: $(BIN)/copydesk ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(BIN)/copydesk ## the figures, on the labelled data under DATA
	$(BIN)/python tests/bench/extraction.py --set aeb --set fundus_dev --set wcxb_dev --data $(DATA)/extraction --speed
	$(BIN)/python tests/bench/copies.py --data $(DATA)/dedup/planted --speed
	$(BIN)/python tests/bench/load.py --data $(DATA)
	$(BIN)/python tests/bench/stages.py --data $(DATA)
	$(BIN)/python tests/bench/backfill.py --data $(DATA)
	$(BIN)/python tests/bench/scale.py --data $(DATA)
	$(BIN)/python tests/bench/orchestration.py --data $(DATA)

golden: $(BIN)/copydesk ## rewrite the golden files; read the diff
	GOLDEN=1 $(BIN)/python -m pytest tests/test_readme.py tests/test_demo.py

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis copydesk-demo copydesk-data
