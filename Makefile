# Thin over dev.py, which does everything and runs without make: python3 dev.py run|test|lint|bench|bundle
PYTHON ?= python3
COMMANDS := run test lint bench accuracy bundle screenshots translations synthetic-sheet setup

.PHONY: help $(COMMANDS)
help:
	@$(PYTHON) dev.py help

# ARGS goes to the command: make test ARGS="tests/engine -k store"
$(COMMANDS):
	@$(PYTHON) dev.py $@ $(ARGS)
