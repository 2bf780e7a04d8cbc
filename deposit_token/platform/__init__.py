"""The platform: what it set out to pay, kept beside the chain."""
