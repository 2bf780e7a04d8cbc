"""What builds, measures and checks the project: `tools/`, `benchmarks/` and the compiled code."""
