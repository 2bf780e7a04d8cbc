"""The development chain: anvil, its clock, and keys that everybody has."""
