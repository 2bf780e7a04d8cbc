"""The library, a file a module; what asks a chain asks a fresh anvil."""
