"""Nightjar's engine: everything a headless server could do. No Qt, no torch."""

__version__ = "0.1.0"  # the same as in pyproject.toml; stored with everything the program writes
