"""What the actors choose from: mostly what works, now and then what must be refused."""

from typing import Any

from hypothesis import strategies as st

from tests.model.bank_token import GREATEST
from tests.model.books import NOBODY, Call
from tests.model.escrow import DAY
from tests.model.world import (
    BANKS,
    CORRIDORS,
    DEALER_KEY,
    ENTRIES,
    HOLDERS,
    NONCES,
    STRANGER,
    TOKENS,
)

HOUR = 3_600

ROUTES = [
    ("anna", "mei", "EUR", "HKD"),
    ("bruno", "mei", "EUR", "HKD"),
    ("anna's other wallet", "mei", "EUR", "HKD"),
    ("anna", "bruno", "EUR", "EUR"),
    ("anna", "bruno", "USD", "USD"),
    ("anna", "mei", "USD", "HKD"),
    ("anna", "bruno", "EUR", "USD"),
    ("li", "mei", "HKD", "HKD"),
    ("mei", "bruno", "HKD", "EUR"),
]
"""Payer, merchant, source and target token of the usual payments."""
SCHEDULES = {
    "usual": (HOUR, 0, 7 * DAY, 30 * DAY),
    "brief": (60, 0, 60, HOUR),
    "late": (HOUR, DAY, 2 * DAY, 2 * DAY),
    "over": (0, 0, DAY, DAY),
    "crossed": (2, 0, 1, 1),
}
"""authorizeBy, captureFrom, captureBy and refundBy, in seconds from now."""
FLAWED_TERMS = {
    "no dealer": lambda terms: {"dealer": NOBODY},
    "a needless dealer": lambda terms: {"dealer": "dora"},
    "the payer is paid": lambda terms: {"merchant": terms.payer},
    "unequal amounts": lambda terms: {"target_amount": terms.target_amount + 1},
    "nothing to pay": lambda terms: {"source_amount": 0, "target_amount": 0},
    "a fee for nobody": lambda terms: {"fee_bps": 100, "fee_receiver": NOBODY},
    "a fee above all": lambda terms: {"fee_bps": 10_001, "fee_receiver": "platform"},
    "a partial arbiter": lambda terms: {
        "arbiter": terms.payer,
        "resolve_by": terms.capture_by + DAY,
    },
    "an arbiter of what is charged": lambda terms: {
        "arbiter": "arbiter",
        "resolve_by": terms.capture_by + DAY,
    },
    "paid in what is no token": lambda terms: {"source_token": STRANGER},
    "paying what is no token": lambda terms: {"target_token": "Rhein registry"},
    "an arbiter without time": lambda terms: {
        "arbiter": "arbiter",
        "resolve_by": terms.capture_by + DAY - 1,
    },
}
FLAWS = [
    *FLAWED_TERMS,
    "tried by a stranger",
    "unsigned by the payer",
    "signed by another payer",
    "signed for a transfer",
    "unsigned by the dealer",
    "signed by another dealer",
    "unapproved",
    "approved by another bank",
    "approved too late",
]
"""What can be wrong with an authorization."""
MOVES = ["capture", "release", "void", "dispute", "resolve", "reclaim", "refundWithAuthorization"]
"""What can be done to a payment by its terms."""
ASIDES = {
    "nothing": None,
    "a claim": Call("claim", ("HKD", "mei")),
    "a deposit": Call("deposit", ("HKD", 5_00)),
    "a withdrawal": Call("withdraw", ("HKD", 5_00)),
    "a signer": Call("setDealerSigner", (DEALER_KEY, True)),
    "a diversion": Call("divertClaim", ("HKD", "mei", "mei's other wallet")),
    "a batch": Call("batch", ([],)),
}
"""What else can be in a batch."""
ACCEPTANCES = [
    ("setAccepted", True),
    ("setAccepted", True),
    ("resumeAccepted",),
    ("setAccepted", False),
    ("suspendAccepted",),
    ("stopAccepted",),
]
REFUND_FLAWS = [
    "for another payment",
    "out of place",
    "unsigned by the dealer",
    "unsigned by the merchant",
]
NARROWINGS = {
    "dearer": lambda rules: {"min_amount": min(rules.min_amount + 1, rules.max_amount)},
    "smaller": lambda rules: {"max_amount": rules.max_amount * 9 // 10},
    "less a period": lambda rules: {"quota": rules.quota * 9 // 10},
    "with a purpose": lambda rules: {"purpose_required": True},
    "with the bank's approval": lambda rules: {"approval_needed": True},
    "without direct transfers": lambda rules: {"direct_transfers": False},
    "closed": lambda rules: {"open": False},
    "wider": lambda rules: {"max_amount": rules.max_amount + 1},
    "by another clock": lambda rules: {"utc_offset_quarters": rules.utc_offset_quarters + 1},
}
"""What is asked for of a corridor's rules as they are; the last two are no narrowings."""
KINDS = {"transfer": "TransferWithAuthorization", "receive": "ReceiveWithAuthorization"}


def mostly(*usual: Any, but: list[Any]) -> st.SearchStrategy[Any]:
    """The usual values nine times out of ten."""
    return st.sampled_from([*usual * (9 * len(but)), *but * len(usual)])


banks = st.sampled_from(list(BANKS))
tokens = st.sampled_from(TOKENS)
# Most is done by and to a few, so that it meets.
holders = st.sampled_from([*HOLDERS, *["anna", "platform"] * 4])
watched = mostly(
    ("EUR", "platform"), ("HKD", "anna"), but=[("USD", "bruno"), ("EUR", "escrow"), ("EUR", NOBODY)]
)
payees = mostly(*HOLDERS, but=["EUR minter", "escrow", STRANGER, NOBODY, "EUR"])
spenders = st.sampled_from(["bruno", "platform"])
amounts = (
    st.sampled_from([0, 1, 33_33, 2_000_00, 4_000_00, 6_000_00])
    | st.integers(1, 300_00)
    | st.integers(1, 6_000_01)
)
freezes = mostly(0, 4_000_00, 7_000_00, but=[GREATEST, GREATEST + 1, 1])
references = mostly(
    b"", b"RF18 5390 0754 7034", but=[b"as many bytes as there are in one", b"x" * 32]
)
"""Of transfers: up to 32 bytes are told as they are, more by their hash."""
sums = st.sampled_from([0, GREATEST]) | st.integers(1, 1_000_000_00)
percents = st.sampled_from([100, 50, 33, 1]) | st.integers(0, 101)
signers = mostly("owner", but=[STRANGER])
officers = mostly("officer", but=["deputy", "other bank's officer", "admin", STRANGER])
parties = ["operator", "merchant", "payer", "arbiter", STRANGER]
nonces = st.sampled_from(NONCES)
lifetimes = mostly(HOUR, but=[-1, 0, 1])
minters = mostly("minter", but=["other minter", STRANGER])
seats = mostly(
    ("minter", "minter"),
    (STRANGER, STRANGER),
    but=[
        ("other minter", "minter"),
        (STRANGER, "minter"),
        (NOBODY, "minter"),
        ("minter", "other minter"),
        ("minter", STRANGER),
        ("minter", "none"),
    ],
)
"""A minter, and whose ledger it is to keep: a stranger's is a spare one."""
entries = mostly(*list(ENTRIES)[9:], but=[1])
reviewed = mostly("anna", "david", "li", but=[STRANGER, NOBODY])
suspects = st.sampled_from([("Rhein", "anna"), ("Victoria", "mei"), ("Rhein", "dora")])
customers = st.sampled_from([("Rhein", 1001), ("Victoria", 2006), ("Rhein", 0)])
claims = st.sampled_from([("EUR", "anna"), ("HKD", "mei"), ("EUR", "bruno")])
policies = mostly("policy", but=["new policy"])
registries = mostly("present", but=["other"])
"""The one that the bank's first token points to, or the other."""
places = st.sampled_from(list(CORRIDORS))
"""Corridors that the banks have opened."""
payment_terms = {
    "route": mostly(*ROUTES, but=[("bruno", "anna", "EUR", "EUR"), ("li", "anna", "HKD", "EUR")]),
    "amount": st.sampled_from([1, 99, 100_00, 333_33]) | st.integers(1, 1_000_00),
    "rate": mostly(850, 117, 33, but=[1]),
    "fee_bps": mostly(0, 100, 333, but=[10_000]),
    "fee_receiver": mostly("platform", but=["david", "escrow", "anna", "bruno", "mei"]),
    "dealer": mostly("dora", but=["david", "anna"]),
    "arbitrated": st.booleans(),
    "schedule": mostly("usual", but=list(SCHEDULES)),
    "purpose": mostly("GDDS", but=[""]),
}
"""Of a payment, by the names that they have where it is made."""
ways = st.sampled_from(["authorize", "authorize", "charge"])
flaws = mostly("none", but=FLAWS)
