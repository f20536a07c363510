# Two commands do everything in a fresh clone: `make serve` and `make test`. Needs Linux, Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: serve check test soak lint format build bench clean

serve: $(VENV)/stamp
	$(BIN)/gob-graph build
	GOB_GRAPH_PORT=$(PORT) GOB_GRAPH_SERVICE_URL=$${GOB_GRAPH_SERVICE_URL:-http://127.0.0.1:$(PORT)} $(BIN)/gob-graph serve

build: $(VENV)/stamp
	$(BIN)/gob-graph build

test: $(VENV)/stamp-dev
	.ci/system-packages chromium:/usr/bin/chromium nginx-light:/usr/sbin/nginx haproxy:/usr/sbin/haproxy curl:curl raptor2-utils:/usr/bin/rapper openrefine:/usr/bin/openrefine r-base-core:/usr/bin/Rscript virtuoso-opensource-7-bin:/usr/bin/virtuoso-t systemd:/usr/bin/systemd-analyze procps:/bin/kill
	$(MAKE) --no-print-directory lint
	.ci/shacl-suite $(BIN)/python $(VENV)/shacl-suite
	.ci/sparql-suite $(BIN)/python $(VENV)/sparql-suite
	.ci/cffconvert $(BIN)/python $(VENV)/cffconvert
	$(BIN)/python -m pytest -n auto --dist loadfile

# The inner loop: what needs no process and no port.
check: $(VENV)/stamp-dev
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest tests/unit

# Every answer compared under kills, disconnects and reloads, for as long as wanted.
SECONDS ?= 600
soak: $(VENV)/stamp-dev
	$(BIN)/python -m tests.soak --seconds $(SECONDS)

# Against other endpoints; BENCH=--quick takes about four minutes, everything about half an hour.
bench: $(VENV)/stamp-dev
	$(BIN)/python -m benchmarks.run $(BENCH)

lint: $(VENV)/stamp-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/turtlefmt --check $$(git ls-files '*.ttl')

format: $(VENV)/stamp-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/turtlefmt $$(git ls-files '*.ttl')

$(VENV)/stamp: pyproject.toml constraints.txt hatch_build.py frontend/package-lock.json frontend/build.mjs $(wildcard frontend/src/*)
	$(PYTHON) -c 'import sys; sys.exit("gob-graph needs Python 3.11 or later, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/stamp-dev: $(VENV)/stamp
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) releases changes .benchmarks
