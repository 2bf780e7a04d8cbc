"""Deployment: a bank from its file to the chain, and what stands there beside the file."""
