"""The store: what is to happen on the chain and what was signed for it, kept before it is sent."""
