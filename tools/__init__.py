"""What builds, checks and measures this repository; none of it is in the wheel.

Each tool is run by `make`, or alone as `python -m tools.<name>`. What a tool accepts stands beside
it: reasons in TOML, what it recorded in JSON.
"""
