"""Measurements of the contracts on a local chain."""
