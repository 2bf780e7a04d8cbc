"""The demo, its configuration and orders, and the Ape scripts, as a user runs them."""
