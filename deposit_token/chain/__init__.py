"""The chain: reached, read and written to, in this library's terms."""
