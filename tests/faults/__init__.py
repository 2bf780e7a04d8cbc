"""Faults: workers are killed while they send, on a chain that forgets, behind a node that fails.

An independent reader, which knows the chain's events alone, says in the end what was doubled or
lost.
"""
