"""Deposit tokens: issue them at a bank, pay merchants with them across a border."""

__version__ = "0.1.0"
