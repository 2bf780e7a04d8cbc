"""Rehearsals of the runbooks: each test does, on a chain, the steps that a page lists.

`page` reads a page of `docs/runbooks/`, and `runbook` carries its steps out; `scene` is the bank
that it happens to, with customers, payments and everybody's keys. A test brings the theft or the
wish before the first step, and looks at what is left after each that matters. At the end the bank
stands as its file says, with the lines that the page adds to it.
"""
