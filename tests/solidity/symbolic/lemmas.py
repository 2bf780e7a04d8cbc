"""Facts on quotients rounded down, proven by z3 for all integers.

Captures.t.sol assumes them, since no solver of bit vectors can divide by a symbolic number. What is
computed on chain stays below 2^256 and is never negative, so there a quotient is the integers'.
"""

from z3 import And, BoolRef, Implies, Ints, Not, Solver, unsat

target, source, x, y = Ints("target source x y")

LEMMAS: dict[str, BoolRef] = {
    # More captured, or more paid, never has a smaller share.
    "monotone": Implies(
        And(target >= 0, source > 0, x >= 0, x <= y), target * x / source <= target * y / source
    ),
    # The share of the whole is exactly the whole, so the last capture pays the rest.
    "exact": Implies(source > 0, target * source / source == target),
    # The share of a part is at most the whole.
    "at_most_whole": Implies(
        And(target >= 0, source > 0, x >= 0, x <= source), target * x / source <= target
    ),
}


def counterexample(lemma: BoolRef, timeout_seconds: int = 60) -> str | None:
    """What z3 says against a lemma: nothing, if it is proven; else a model, or why it gave up."""
    solver = Solver()
    solver.set("timeout", timeout_seconds * 1000)
    solver.add(Not(lemma))
    result = solver.check()
    if result == unsat:
        return None
    return str(solver.model()) if str(result) == "sat" else solver.reason_unknown()
