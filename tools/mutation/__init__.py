"""Mutation testing: do the tests notice when a contract is wrong?

Each mutant is a contract with one small mistake in it (`operators`). It is compiled, put in the
place of the good one in a private copy of the project (`bench`), and the tests run: a failing test
kills it. One that survives shows a test that is missing, or is no mistake at all; `survivors.toml`
lists the survivors that are accepted and says why. `contracts/` is never edited.

Run it with `python -m tools.mutation` (`make mutate`).
"""
