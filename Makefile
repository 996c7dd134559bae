# make app    set everything up and open the page at http://127.0.0.1:7860
# make test   set everything up and run all tests
# make unit   only the quick, hermetic ones
# make check  format, lint and types
# make attack MINUTES=10   attack what reads, trains and serves; a table of what was lost
# make lowest a fresh environment of the lowest versions that requirements.txt allows, and the unit tests in it

PYTHON = .venv/bin/python

# Where pyfluidsynth looks for the library on macOS, also with a Python that is not Homebrew's.
HOMEBREW_PREFIX ?= $(shell brew --prefix 2>/dev/null)
export HOMEBREW_PREFIX

MINUTES ?= 10

.PHONY: app test unit check attack lowest setup

app: setup
	$(PYTHON) app.py

test: with = browser
test: setup check
	$(PYTHON) -m pytest

unit: setup
	$(PYTHON) -m pytest -m "not corpus and not page and not process"

check: setup
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy

attack: setup
	PYTHONPATH=.:tests nice $(PYTHON) -m attack --minutes $(MINUTES)

lowest: setup
	@bash .ci/lowest $(PYTHON)

setup:
	@bash .ci/setup $(with)
