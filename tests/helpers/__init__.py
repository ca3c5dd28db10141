"""Fixtures and slow oracles that several tests share."""
