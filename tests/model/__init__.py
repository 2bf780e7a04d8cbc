"""A reference model of the contracts in plain Python, and a machine that compares the two.

The model: `access`, `registry`, `policy`, `bank_token` and `escrow`, each its contract's rules in a
few hundred lines, on `books` and `messages`; `world` is what histories start from. It shares
nothing with the contracts or the library, and its functions have the names, the arguments and the
order of checks of the contracts' interfaces.

The comparison: `backends` are two real chains, `words` and `chain` let one speak the model's
language, `views` is all that is read of it, `history` does an act on both sides and compares, and
`machine` lets everybody act at random, as `choices` has it. `projection` fills the model's books
from the events of a chain alone.
"""
