"""Mutation testing: do the tests notice when a contract is wrong?

Each mutant is a contract with one small mistake in it (`operators`). It is compiled, put in the
place of the good one in a private copy of the project (`bench`), and the tests run: a failing test
kills it. One that survives shows a test that is missing, or is no mistake at all; `survivors.toml`
lists the survivors that are accepted and says why. `contracts/` is never edited.

It goes by the compiler's syntax tree, so that nearly every mutant compiles, and keeps a compiler
warm. `slither-mutate` edits in place, has the whole project compiled for each mutant, and finds for
many that they do not compile.

Run it with `python -m tools.mutation` (`make mutate`).
"""
