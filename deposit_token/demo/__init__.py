"""The demo: banks, customers and orders from files, paid across a border on a local chain."""
