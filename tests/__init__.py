"""The Python tests, a folder a subject; the Foundry tests are in `solidity/`."""
