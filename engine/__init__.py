"""Nightjar's engine: everything a headless server could do. No Qt, no torch."""
