"""The library on real nodes: `make test-nodes`."""
