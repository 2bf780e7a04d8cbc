"""A state machine in which everybody acts at random.

A history that fails is printed as a Python script of plain steps, as short as it was found, which
runs in the project's folder.
"""

from abc import abstractmethod
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

from hypothesis import assume, currently_in_test_context, note
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from tests.model.access import ROLES, manager_of
from tests.model.backends import ANVIL_OPTIONS, Anvil, Pyrevm
from tests.model.bank_token import GREATEST, IMPLEMENTATIONS, INFINITE, Acceptance
from tests.model.books import NOBODY, Call
from tests.model.chain import Chain
from tests.model.choices import (
    ACCEPTANCES,
    ASIDES,
    FLAWED_TERMS,
    HOUR,
    KINDS,
    MOVES,
    NARROWINGS,
    REFUND_FLAWS,
    ROUTES,
    SCHEDULES,
    amounts,
    banks,
    claims,
    customers,
    entries,
    flaws,
    freezes,
    holders,
    lifetimes,
    minters,
    mostly,
    nonces,
    officers,
    parties,
    payees,
    payment_terms,
    percents,
    places,
    policies,
    references,
    registries,
    reviewed,
    seats,
    signers,
    spenders,
    sums,
    suspects,
    tokens,
    watched,
    ways,
)
from tests.model.escrow import DAY, OPEN_STATUSES, PaymentStatus
from tests.model.history import History, LongHistory, opened
from tests.model.messages import (
    NO_SIGNATURE,
    Message,
    Payment,
    PaymentApproval,
    RefundQuote,
    Signature,
    approval_of,
    release_of,
)
from tests.model.policy import Corridor, Period
from tests.model.registry import CustomerCategory, Registry
from tests.model.world import (
    BANK_OF,
    BANKS,
    COUNTRIES,
    DEALER_KEY,
    DEALERS,
    EEA,
    FRANCE,
    GERMANY,
    HK,
    HOLDERS,
    HONG_KONG,
    LEDGERS,
    NOWHERE,
    POLICIES,
    REGISTRIES,
    SPARE_LEDGERS,
    STRANGER,
    STUBBORN_POLICY,
    TOKENS,
    WORKING_ROLES,
    entry,
    role_of,
)


class Machine(RuleBasedStateMachine):
    """Steps with plain values, so that what is printed can be read and run."""

    header: ClassVar[str]
    payments = Bundle("payments")
    redemptions = Bundle("redemptions")

    def __init__(self) -> None:
        super().__init__()
        if currently_in_test_context():
            note(self.header)
        self.history = self.begin()
        self.world = self.history.world

    def begin(self) -> History:
        return History(self.chain())

    @classmethod
    @abstractmethod
    def chain(cls) -> Chain:
        """What the histories are done on, beside the model."""

    def teardown(self) -> None:
        self.history.end()

    # Time

    @rule(seconds=st.sampled_from([1, 60, HOUR, 4 * HOUR, DAY, 3 * DAY, 31 * DAY]))
    def wait(self, seconds):
        self.history.now += seconds

    @rule(
        payment=payments,
        deadline=st.sampled_from(["capture_from", "capture_by", "resolve_by", "refund_by"]),
        offset=st.sampled_from([-1, 0]),
    )
    def wait_for(self, payment, deadline, offset):
        """To the last second before a deadline, or the first after it."""
        self.history.now = max(self.now, getattr(payment, deadline) + offset)

    # Holders

    @rule(token=tokens, holder=holders, to=payees, amount=amounts, reference=references)
    def transfer(self, token, holder, to, amount, reference=b""):
        self.history.foresee(token, holder, to, amount)
        self.act(holder, token, "transfer", to, amount, *([reference] if reference else []))

    @rule(
        token=tokens,
        spender=spenders,
        owner=mostly("anna", "mei", but=HOLDERS),
        to=payees,
        amount=amounts,
        reference=references,
    )
    def transfer_from(self, token, spender, owner, to, amount, reference):
        self.act(spender, token, "transferFrom", owner, to, amount, reference)

    @rule(
        token=tokens,
        owner=holders,
        spender=mostly("bruno", "escrow", but=["platform", NOBODY]),
        amount=amounts | st.just(INFINITE),
    )
    def approve(self, token, owner, spender, amount):
        self.act(owner, token, "approve", spender, amount)

    @rule(
        token=tokens,
        owner=holders,
        spender=spenders,
        amount=amounts,
        lasts=lifetimes,
        by=signers,
        in_parts=st.booleans(),
    )
    def permit(self, token, owner, spender, amount, lasts, by, in_parts):
        nonce, deadline = self.world.contracts[token].permits.get(owner, 0), self.now + lasts
        message = Message(token, "Permit", (owner, spender, amount, nonce, deadline))
        signature = self.signed(owner, by, message, in_parts)
        self.act(STRANGER, token, "permit", owner, spender, amount, deadline, signature)

    @rule(
        token=tokens,
        kind=st.sampled_from(["transfer", "receive"]),
        mixed_up=mostly(False, but=[True]),
        bearer=mostly("payee", but=[STRANGER]),
        owner=holders,
        to=holders,
        amount=amounts,
        starts=mostly(-HOUR, but=[-1, 0, 1]),
        lasts=lifetimes,
        nonce=nonces,
        by=signers,
        in_parts=st.booleans(),
    )
    def move_by_signature(
        self, token, kind, mixed_up, bearer, owner, to, amount, starts, lasts, nonce, by, in_parts
    ):
        """Mixed up: it is signed for the other kind."""
        signed_for = {"transfer": "receive", "receive": "transfer"}[kind] if mixed_up else kind
        nonce = self.nonce(owner, nonce)
        terms = (owner, to, amount, self.now + starts, self.now + lasts, nonce)
        signature = self.signed(owner, by, Message(token, KINDS[signed_for], terms), in_parts)
        caller = to if bearer == "payee" else bearer
        self.act(caller, token, f"{kind}WithAuthorization", *terms, signature)

    @rule(token=tokens, owner=holders, nonce=nonces, by=signers, in_parts=st.booleans())
    def cancel_authorization(self, token, owner, nonce, by, in_parts):
        nonce = self.nonce(owner, nonce)
        message = Message(token, "CancelAuthorization", (owner, nonce))
        signature = self.signed(owner, by, message, in_parts)
        self.act(STRANGER, token, "cancelAuthorization", owner, nonce, signature)

    # Redemptions

    @initialize(
        target=redemptions, token=mostly("EUR", but=["HKD"]), amount=st.integers(1, 6_000_00)
    )
    def accept_first_redemption(self, token, amount):
        """The platform's, whose payout is under way."""
        self.act("platform", token, "requestRedemption", amount, 1)
        token, id = self.latest_redemption(token)
        self.officers_act("officer", token, "acceptRedemption", id)
        return token, id

    @rule(
        target=redemptions,
        token=tokens,
        holder=holders,
        amount=amounts,
        reference=st.integers(1, 5),
    )
    def request_redemption(self, token, holder, amount, reference):
        done = self.act(holder, token, "requestRedemption", amount, reference)
        return self.latest_redemption(token) if done else multiple()

    @rule(
        target=redemptions,
        token=tokens,
        holder=holders,
        amount=amounts,
        nonce=nonces,
        lasts=lifetimes,
        by=signers,
    )
    def request_redemption_by_signature(self, token, holder, amount, nonce, lasts, by):
        terms = (holder, amount, 1, self.nonce(holder, nonce), self.now + lasts)
        signature = self.signed(holder, by, Message(token, "RedemptionRequest", terms))
        done = self.act(STRANGER, token, "requestRedemptionWithSignature", *terms, signature)
        return self.latest_redemption(token) if done else multiple()

    @rule(by=officers, redemption=redemptions)
    def accept_redemption(self, by, redemption):
        token, id = redemption
        self.officers_act(by, token, "acceptRedemption", id)

    @rule(by=officers, redemption=redemptions)
    def reject_redemption(self, by, redemption):
        token, id = redemption
        self.officers_act(by, token, "rejectRedemption", id, "AC04")

    @rule(by=mostly("holder", but=[STRANGER]), redemption=redemptions)
    def cancel_redemption(self, by, redemption):
        token, id = redemption
        holder = self.world.contracts[token].redemption(id).holder
        self.act(holder if by == "holder" else by, token, "cancelRedemption", id)

    @rule(redemption=redemptions, minter=minters, ledger=minters, number=entries)
    def settle_redemption(self, redemption, minter, ledger, number):
        token, id = redemption
        used = self.entry(token, ledger, number)
        self.act(self.minter(token, minter), token, "settleRedemption", id, used)

    # Minters

    @rule(token=tokens, minter=minters, to=payees, amount=amounts, ledger=minters, number=entries)
    def mint(self, token, minter, to, amount, ledger, number):
        used = self.entry(token, ledger, number)
        self.act(self.minter(token, minter), token, "mint", to, amount, used)

    @rule(
        token=tokens, issues=st.lists(st.tuples(holders, amounts, entries), min_size=1, max_size=3)
    )
    def mint_batch(self, token, issues):
        batch = [(to, amount, self.entry(token, "minter", number)) for to, amount, number in issues]
        self.act(self.minter(token, "minter"), token, "mintBatch", batch)

    @rule(token=tokens, minter=minters, amount=amounts, ledger=minters, number=entries)
    def burn(self, token, minter, amount, ledger, number):
        used = self.entry(token, ledger, number)
        self.act(self.minter(token, minter), token, "burn", amount, used)

    # Officers

    @rule(by=officers, token=tokens, seat=seats, ceiling=sums)
    def set_minter(self, by, token, seat, ceiling):
        minter, ledger = seat
        ledger_id = 0 if ledger == "none" else self.ledger(token, ledger)
        self.officers_act(by, token, "setMinter", self.minter(token, minter), ledger_id, ceiling)

    @rule(
        by=officers,
        token=tokens,
        function=st.sampled_from(["refill", "refill", "lowerCeiling", "removeMinter"]),
        minter=minters,
        ceiling=sums,
    )
    def change_minter(self, by, token, function, minter, ceiling):
        ceilings = (ceiling,) if function == "lowerCeiling" else ()
        self.officers_act(by, token, function, self.minter(token, minter), *ceilings)

    @rule(
        by=officers,
        token=tokens,
        function=st.sampled_from(["setSupplyCap", "lowerSupplyCap"]),
        cap=sums,
    )
    def set_supply_cap(self, by, token, function, cap):
        self.officers_act(by, token, function, cap)

    @rule(
        by=officers,
        account=watched,
        function=st.sampled_from(["freeze", "setFrozenTokens"]),
        amount=freezes,
    )
    def freeze(self, by, account, function, amount):
        token, holder = account
        amount = min(amount, GREATEST) if function == "freeze" else amount
        self.officers_act(by, token, function, holder, amount)

    @rule(by=officers, source=watched, to=payees, amount=amounts)
    def force_transfer(self, by, source, to, amount):
        token, holder = source
        self.officers_act(by, token, "forcedTransfer", holder, to, amount)

    @rule(by=officers, token=tokens, function=st.sampled_from(["pause", "unpause"]))
    def pause_or_unpause(self, by, token, function):
        self.officers_act(by, token, function)

    @rule(
        by=officers,
        function=st.sampled_from(["block", "unblock"]),
        suspect=suspects,
        which=registries,
    )
    def block_or_unblock_wallet(self, by, function, suspect, which="present"):
        bank, wallet = suspect
        reasons = ("LEGL",) if function == "block" else ()
        registry = self.registry(bank, which)
        self.officers_act(by, registry.name, f"{function}Wallet", wallet, *reasons)

    @rule(
        by=officers,
        function=st.sampled_from(["block", "unblock"]),
        suspect=customers,
        which=registries,
    )
    def block_or_unblock_customer(self, by, function, suspect, which):
        bank, customer_id = suspect
        reasons = ("LEGL",) if function == "block" else ()
        registry = self.registry(bank, which)
        self.officers_act(by, registry.name, f"{function}Customer", customer_id, *reasons)

    @rule(
        by=officers,
        bank=banks,
        which=registries,
        wallet=reviewed,
        category=st.sampled_from(CustomerCategory),
        country=mostly(GERMANY, HONG_KONG, but=[*COUNTRIES, 0]),
        lasts=mostly(400 * DAY, HOUR, but=[0]),
        customer=mostly("its own", but=[0, 1001]),
    )
    def register(self, by, bank, which, wallet, category, country, lasts, customer):
        registry = self.registry(bank, which)
        if customer == "its own":
            customer = registry.customer_id_of(wallet) or 9_000
        terms = (wallet, category, country, self.now + lasts, customer)
        self.officers_act(by, registry.name, "register", *terms)

    @rule(
        by=officers,
        bank=banks,
        which=registries,
        wallet=reviewed,
        lasts=st.sampled_from([0, 1, HOUR, 500 * DAY]),
    )
    def renew(self, by, bank, which, wallet, lasts):
        registry = self.registry(bank, which)
        self.officers_act(by, registry.name, "renew", wallet, self.now + lasts)

    @rule(by=officers, bank=banks, which=registries, wallet=reviewed)
    def revoke(self, by, bank, which, wallet):
        self.officers_act(by, self.registry(bank, which).name, "revoke", wallet)

    @rule(
        by=officers,
        bank=banks,
        which=registries,
        countries=mostly([NOWHERE], [FRANCE, NOWHERE], but=[[HONG_KONG], [GERMANY, 0]]),
        zone=st.sampled_from([EEA, HK, None]),
    )
    def set_zone(self, by, bank, which, countries, zone):
        """None: takes them out of all zones."""
        registry = self.registry(bank, which).name
        if zone is None:
            self.officers_act(by, registry, "clearZone", countries)
        else:
            self.officers_act(by, registry, "setZone", countries, zone)

    @rule(
        by=officers,
        token=tokens,
        which=policies,
        zones=mostly((EEA, HK), (EEA, EEA), (HK, EEA), (HK, HK), but=[(0, HK)]),
        open=mostly(True, but=[False]),
        direct_transfers=st.booleans(),
        approval_needed=st.booleans(),
        purpose_required=st.booleans(),
        period=st.sampled_from(Period),
        utc_offset_quarters=mostly(0, 32, but=[-48, 56, 57, -49]),
        limits=mostly((1, 5_000_00), but=[(100_00, 100_00), (2, 1)]),
        quota=mostly(700_00, but=[0]),
    )
    def set_corridor(self, by, token, which, zones, limits, **rules):
        corridor = Corridor(min_amount=limits[0], max_amount=limits[1], **rules)
        policy = f"{BANK_OF[token]} {which}"
        self.officers_act(by, policy, "setCorridor", token, *zones, corridor)

    @rule(by=officers, place=places, which=policies, change=st.sampled_from(list(NARROWINGS)))
    def narrow_corridor(self, by, place, which, change):
        policy = self.world.contracts[f"{BANK_OF[place[0]]} {which}"]
        rules = policy.corridor(*place)
        rules = rules._replace(**NARROWINGS[change](rules))
        self.officers_act(by, policy.name, "narrowCorridor", *place, rules)

    @rule(
        by=officers,
        place=places,
        which=policies,
        function=st.sampled_from(["suspendCorridor", "stopCorridor"]),
    )
    def suspend_corridor(self, by, place, which, function):
        self.officers_act(by, f"{BANK_OF[place[0]]} {which}", function, *place)

    @rule(by=officers, bank=banks, which=policies, instead=places)
    def resume_corridor(self, by, bank, which, instead):
        """One that is suspended, if any is."""
        policy = self.world.contracts[f"{bank} {which}"]
        place = min(policy.suspended, default=instead)
        self.officers_act(by, policy.name, "resumeCorridor", *place)

    @rule(
        by=officers,
        bank=banks,
        which=policies,
        approver=mostly("Rhein approver", "Victoria approver", but=[NOBODY, "none"]),
    )
    def set_approver(self, by, bank, which, approver):
        function, *args = ["removeApprover"] if approver == "none" else ["setApprover", approver]
        self.officers_act(by, f"{bank} {which}", function, *args)

    @rule(
        by=officers,
        token=tokens,
        other=mostly(*TOKENS, but=[STRANGER, "escrow"]),
        change=st.sampled_from(ACCEPTANCES),
    )
    def change_acceptance(self, by, token, other, change):
        """Resumes one that is suspended, if any is."""
        function, *accepted = change
        if function == "resumeAccepted":
            acceptances = self.world.contracts[token].acceptances.items()
            suspended = [each for each, said in acceptances if said == Acceptance.REFUNDS_ONLY]
            other = min(suspended, default=other)
        self.officers_act(by, token, function, other, *accepted)

    @rule(
        by=officers,
        token=tokens,
        function=st.sampled_from(["stopSystemAccount", "activateSystemAccount"]),
        account=mostly("escrow", but=[STRANGER, "EUR", "platform"]),
    )
    def change_system_account(self, by, token, function, account):
        self.officers_act(by, token, function, account)

    @rule(by=officers, token=tokens, which=mostly(*POLICIES, STUBBORN_POLICY, but=["registry"]))
    def set_policy(self, by, token, which):
        self.officers_act(by, token, "setPolicy", f"{BANK_OF[token]} {which}")

    @rule(by=officers, token=tokens, which=mostly(*REGISTRIES, but=["policy"]))
    def set_registry(self, by, token, which):
        self.officers_act(by, token, "setRegistry", f"{BANK_OF[token]} {which}")

    @rule(
        by=officers,
        bank=banks,
        which=registries,
        function=st.sampled_from(["subscribe", "unsubscribe"]),
        subscriber=mostly(*TOKENS, but=["escrow", STRANGER]),
    )
    def change_subscription(self, by, bank, which, function, subscriber):
        if function == "subscribe" or subscriber != STRANGER:
            registry = self.registry(bank, which)
            self.officers_act(by, registry.name, function, subscriber)

    @rule(by=officers, token=tokens, to=mostly(*IMPLEMENTATIONS, but=["escrow"]))
    def upgrade(self, by, token, to):
        self.officers_act(by, token, "upgradeToAndCall", to, b"")

    @rule(by=officers, token=tokens, uri=st.sampled_from(["", "https://bank.example/terms"]))
    def set_terms(self, by, token, uri):
        self.officers_act(by, token, "setTerms", uri, len(uri))

    @rule(
        by=officers,
        bank=banks,
        function=st.sampled_from(["grantRole", "grantRole", "revokeRole"]),
        role=st.sampled_from([*WORKING_ROLES, "guardian"]),
        account=mostly("deputy", but=["officer"]),
    )
    def change_role(self, by, bank, function, role, account):
        account = f"{bank} deputy" if account == "deputy" else f"{bank} {role}"
        delays = (0,) if function == "grantRole" else ()
        change = (manager_of(bank), function, ROLES[role], account, *delays)
        self.officers_act(by, *change, role="keeper" if role in WORKING_ROLES else "admin")

    @rule(
        by=officers,
        token=tokens,
        account=mostly("platform", "li", NOBODY, but=["escrow", STRANGER]),
    )
    def set_suspense_account(self, by, token, account):
        self.officers_act(by, token, "setSuspenseAccount", account)

    # Dealers and claims

    @rule(token=tokens, dealer=st.sampled_from(DEALERS), amount=amounts)
    def deposit(self, token, dealer, amount):
        self.act(dealer, "escrow", "deposit", token, amount)

    @rule(token=tokens, dealer=st.sampled_from(DEALERS), amount=amounts)
    def withdraw(self, token, dealer, amount):
        self.act(dealer, "escrow", "withdraw", token, amount)

    @rule(signer=mostly(DEALER_KEY, but=[STRANGER, NOBODY]), allowed=mostly(True, but=[False]))
    def set_dealer_signer(self, signer, allowed):
        self.act("dora", "escrow", "setDealerSigner", signer, allowed)

    @rule(kept=claims, by=mostly("owner", but=[STRANGER]))
    def claim(self, kept, by):
        token, owner = kept
        self.act(owner if by == "owner" else by, "escrow", "claim", token, owner)

    @rule(
        by=officers,
        instead=claims,
        to=st.sampled_from(["anna's other wallet", "mei's other wallet", "platform", "mei"]),
    )
    def divert_claim(self, by, instead, to):
        """Of somebody who is refused, if anybody is to whom something is owed."""
        owed = self.refused(self.world.escrow.claimable)
        self.officers_act(by, "escrow", "divertClaim", *min(owed, default=instead), to)

    @rule(by=officers, instead=tokens, dealer=mostly("dora", but=["david"]))
    def divert_inventory(self, by, instead, dealer):
        """The same way."""
        inventory = self.world.escrow.inventory.items()
        free = self.refused({(token, owner): amount for (owner, token), amount in inventory})
        place = min(free, default=(instead, dealer))
        self.officers_act(by, "escrow", "divertInventory", *place)

    @rule(token=tokens, function=st.sampled_from(["sync", "restoreQuota"]))
    def meddle(self, token, function):
        """What a stranger can do at most: bring a copy up to date, which is never seen."""
        args = ("anna",) if function == "sync" else (1, "anna", 0, 1)
        self.act(STRANGER, token, function, *args)

    # Payments

    @initialize(
        target=payments,
        route=st.sampled_from(ROUTES),
        amount=st.integers(1_00, 400_00),
        rate=st.sampled_from([850, 117, 33]),
        fee_bps=st.sampled_from([0, 100, 333]),
        arbitrated=st.booleans(),
        schedule=st.sampled_from(["usual", "late"]),
    )
    def authorize_first(self, **terms):
        usual = {"fee_receiver": "platform", "dealer": "dora", "purpose": "GDDS", "flaw": "none"}
        return self.authorize(way="authorize", **usual, **terms)

    @initialize(
        target=payments,
        route=st.sampled_from(ROUTES),
        amount=st.integers(1_00, 400_00),
        percent=percents,
        rest=st.sampled_from(["open", "disputed", "resolved"]),
    )
    def capture_first(self, route, amount, percent, rest):
        """A part of another payment, and leaves the rest of it so."""
        authorized = self.authorize_first(
            route=route, amount=amount, rate=33, fee_bps=333, arbitrated=True, schedule="usual"
        )
        payment = self.history.tried.payments[-1]
        self.capture(payment=payment, percent=percent, by="operator")
        if rest != "open":
            self.dispute(payment=payment, by="payer")
        if rest == "resolved":
            self.resolve(instead=payment, percent=percent, by="arbiter")
        return authorized

    @initialize(blocked=st.sampled_from([False, False, True]))
    def keep_first_claim(self, blocked):
        """What mei could not be paid while she was blocked, or still is."""
        suspect = ("Victoria", "mei")
        self.authorize_first(
            route=("li", "mei", "HKD", "HKD"),
            amount=50_00,
            rate=100,
            fee_bps=0,
            arbitrated=False,
            schedule="usual",
        )
        payment = self.history.tried.payments[-1]
        self.block_or_unblock_wallet(by="officer", function="block", suspect=suspect)
        self.capture(payment=payment, percent=100, by="operator")
        if not blocked:
            self.block_or_unblock_wallet(by="officer", function="unblock", suspect=suspect)

    @rule(target=payments, way=ways, **payment_terms, flaw=flaws)
    def authorize(self, way, flaw, **terms):
        """Or charges it at once."""
        payment = self.payment(way, flaw=flaw, **terms)
        done = self.do(*self.authorization(payment, way, flaw))
        return payment if done else multiple()

    @rule(payment=payments, way=ways, flaw=st.sampled_from(["none", "unsigned by the payer"]))
    def retry_authorization(self, payment, way, flaw):
        self.do(*self.authorization(payment, way, flaw))

    @rule(
        payment=payments,
        percent=percents,
        by=mostly("operator", but=parties),
        out_of_place=mostly(False, but=[True]),
    )
    def capture(self, payment, percent, by, out_of_place=False):
        terms, captured, amount = self.move("capture", payment, percent).args
        call = Call("capture", (terms, captured + out_of_place, amount))
        self.do(self.party(payment, by), call)

    @rule(
        target=payments,
        orders=st.lists(
            st.fixed_dictionaries({"way": ways, **payment_terms, "flaw": flaws}), max_size=2
        ),
        moves=st.lists(st.tuples(st.sampled_from(MOVES), payments, percents), max_size=4),
        aside=mostly("nothing", but=list(ASIDES)),
        by=mostly("platform", but=["dora", "mei", "bruno", "Victoria compliance", STRANGER]),
    )
    def batch(self, orders, moves, aside, by):
        """Of authorizations and charges, then of what else is done to payments."""
        opened = [(self.payment(**order), order) for order in orders]
        calls = [
            *(self.authorization(each, order["way"], order["flaw"])[1] for each, order in opened),
            *(self.move(*move) for move in moves),
            *([ASIDES[aside]] if ASIDES[aside] else []),
        ]
        self.act(by, "escrow", "batch", calls)
        states = {each: self.world.escrow.state(each) for each, _ in opened}
        return multiple(*(each for each, state in states.items() if state.status))

    @rule(payment=payments, by=mostly("payer", "payer's signature", but=[*parties, "a false one"]))
    def release(self, payment, by):
        if by in ("payer's signature", "a false one"):
            signer = payment.payer if by == "payer's signature" else STRANGER
            deadline = self.now + 1
            signature = Signature(signer, release_of(payment.id, deadline))
            terms = (payment, deadline, signature)
            self.act(STRANGER, "escrow", "releaseWithSignature", *terms)
        else:
            self.act(self.party(payment, by), "escrow", "release", payment)

    @rule(payment=payments, by=mostly("payer", but=parties))
    def dispute(self, payment, by):
        self.act(self.party(payment, by), "escrow", "dispute", payment)

    @rule(instead=payments, percent=percents, by=mostly("arbiter", but=parties))
    def resolve(self, instead, percent, by):
        """The payment that was last disputed, if any is."""
        disputed = self.payments_in(PaymentStatus.DISPUTED)
        payment = disputed[-1] if disputed else instead
        self.do(self.party(payment, by), self.move("resolve", payment, percent))

    @rule(payment=payments, by=mostly("operator", "merchant", but=parties))
    def void(self, payment, by):
        self.act(self.party(payment, by), "escrow", "void", payment)

    @rule(instead=payments, by=st.sampled_from(parties))
    def reclaim(self, instead, by):
        """The oldest payment that is open, if any is."""
        payment = next(iter(self.payments_in(*OPEN_STATUSES)), instead)
        self.act(self.party(payment, by), "escrow", "reclaim", payment)

    @rule(
        payment=payments,
        way=st.sampled_from(["refund", "refundWithAuthorization"]),
        by=mostly("merchant", but=parties),
        percent=percents,
        price=mostly(100, but=[0, 50, 101]),
        dealer=mostly("the same", but=["david", NOBODY]),
        lasts=lifetimes,
        flaw=mostly("none", but=REFUND_FLAWS),
    )
    def refund(self, payment, by, **terms):
        self.do(self.party(payment, by), self.refunding(payment, **terms))

    # What the steps share

    def payment(
        self,
        way,
        route,
        amount,
        rate,
        fee_bps,
        fee_receiver,
        dealer,
        arbitrated,
        schedule,
        purpose,
        flaw,
    ) -> Payment:
        """A new one, of `amount` for `rate` percent of it in another currency. None that is to be
        charged has an arbiter, unless by a flaw."""
        payer, merchant, source, into = route
        arbitrated = arbitrated and way == "authorize"
        times = [self.now + seconds for seconds in SCHEDULES[schedule]]
        authorize_by, capture_from, capture_by, refund_by = times
        payment = Payment(
            payer=payer,
            merchant=merchant,
            operator="platform",
            dealer=NOBODY if source == into else dealer,
            arbiter="arbiter" if arbitrated else NOBODY,
            fee_receiver=fee_receiver if fee_bps else NOBODY,
            source_token=source,
            target_token=into,
            source_amount=amount,
            target_amount=amount if source == into else amount * rate // 100,
            fee_bps=fee_bps,
            authorize_by=authorize_by,
            capture_from=capture_from,
            capture_by=capture_by,
            resolve_by=capture_by + (DAY if arbitrated else 0),
            refund_by=refund_by,
            purpose=purpose,
            uetr=len(self.history.tried.payments) + 1,
            remittance_hash=0,
        )
        if flaw in FLAWED_TERMS:
            payment = replace(payment, **FLAWED_TERMS[flaw](payment))
        self.history.tried.payments.append(payment)
        return payment

    def authorization(self, payment: Payment, way: str, flaw: str) -> tuple[str, Call]:
        """Who authorizes or charges a payment, and how."""
        token, bank = payment.source_token, BANK_OF.get(payment.source_token, "Rhein")
        payment_id = self.known(payment.id)
        terms = (
            payment.payer,
            "escrow",
            payment.source_amount,
            0,
            payment.authorize_by,
            payment_id,
        )
        kind = KINDS["transfer" if flaw == "signed for a transfer" else "receive"]
        payer = STRANGER if flaw == "signed by another payer" else payment.payer
        payer_signature = Signature(payer, Message(token, kind, terms))
        if flaw == "unsigned by the payer":
            payer_signature = NO_SIGNATURE
        dealer = DEALER_KEY if payment.dealer == "dora" else payment.dealer
        dealer_signature = Signature(
            "david" if flaw == "signed by another dealer" else dealer, payment_id
        )
        if payment.dealer == NOBODY or flaw == "unsigned by the dealer":
            dealer_signature = NO_SIGNATURE
        valid_until = self.now + (0 if flaw == "approved too late" else HOUR)
        consent = self.known(approval_of(payment_id, valid_until))
        approving = other_bank(bank) if flaw == "approved by another bank" else bank
        approval = PaymentApproval(valid_until, Signature(f"{approving} approver", consent))
        if flaw == "unapproved":
            approval = replace(approval, signature=NO_SIGNATURE)
        caller = STRANGER if flaw == "tried by a stranger" else payment.operator
        return caller, Call(way, (payment, payer_signature, dealer_signature, approval))

    def move(self, function: str, payment: Payment, percent: int) -> Call:
        """What is done to a payment, with a part of what is left of it."""
        state = self.world.escrow.state(payment)
        amount = part(payment.source_amount - state.captured, percent)
        if function == "refundWithAuthorization":
            return self.refunding(payment, function, percent)
        amounts = {"capture": (state.captured, amount), "resolve": (amount,)}
        return Call(function, (payment, *amounts.get(function, ())))

    def refunding(
        self, payment, way, percent, price=100, dealer="the same", lasts=HOUR, flaw="none"
    ) -> Call:
        """A part of what is left to refund, for `price` percent of the most that it can give
        back."""
        escrow = self.world.escrow
        state = escrow.state(payment)
        target_amount = part(escrow.refundable(payment), percent)
        quote = RefundQuote(
            payment_id=self.known(payment.id),
            refunded_before=state.refunded + (flaw == "out of place"),
            source_amount=part(escrow.greatest_refund(payment, target_amount), price),
            target_amount=target_amount,
            dealer=payment.dealer if dealer == "the same" else dealer,
            deadline=self.now + lasts,
        )
        if flaw == "for another payment":
            quote = replace(quote, payment_id=self.known(replace(payment, uetr=0).id))
        digest = self.known(quote.digest)
        signatures = [Signature(quote.dealer, digest)]
        if quote.dealer == NOBODY or flaw == "unsigned by the dealer":
            signatures = [NO_SIGNATURE]
        if way == "refundWithAuthorization":
            terms = (payment.merchant, "escrow", quote.target_amount, 0, quote.deadline, digest)
            message = Message(payment.target_token, "ReceiveWithAuthorization", terms)
            signer = STRANGER if flaw == "unsigned by the merchant" else payment.merchant
            signatures.insert(0, Signature(signer, message))
        return Call(way, (payment, quote, *signatures))

    def known(self, message: Message) -> Message:
        """The message, which the chain can name from now on by its digest."""
        self.history.chain.words.digest(message)
        return message

    def signed(self, owner: str, by: str, message: Message, in_parts: bool = False) -> Signature:
        return Signature(owner if by == "owner" else by, message, in_parts)

    def party(self, payment: Payment, by: str) -> str:
        """Who has a part in a payment; a stranger if nobody has it."""
        party = getattr(payment, by, by)
        return STRANGER if party == NOBODY else party

    def payments_in(self, *statuses: PaymentStatus) -> list[Payment]:
        """The oldest first."""
        states = self.world.escrow.payments.items()
        return [payment for payment, state in states if state.status in statuses]

    def latest_redemption(self, token: str) -> tuple[str, int]:
        return token, len(self.world.contracts[token].redemptions)

    def minter(self, token: str, which: str) -> str:
        minters = {"minter": f"{token} minter", "other minter": f"{other_token(token)} minter"}
        return minters.get(which, which)

    def ledger(self, token: str, ledger: str) -> int:
        ledgers = {
            "minter": LEDGERS[token],
            "other minter": LEDGERS[other_token(token)],
            STRANGER: SPARE_LEDGERS[token],
        }
        return ledgers[ledger]

    def entry(self, token: str, ledger: str, number: int) -> int:
        """Of a ledger, as `number` says, which is one of few."""
        found = entry(self.ledger(token, ledger), self.history.first_number + number)
        self.history.tried.entries.add(found)
        return found

    def nonce(self, owner: str, number: int) -> int:
        """Of an authorization, the same way."""
        found = self.history.first_number + number
        self.history.tried.nonces.add((owner, found))
        return found

    def registry(self, bank: str, which: str) -> Registry:
        """A bank's registry that its first token points to, or its other one."""
        present = self.world.contracts[BANKS[bank][0]].registry
        others = (each for each in self.world.registries if each.bank == bank)
        return present if which == "present" else next(each for each in others if each != present)

    def refused(self, amounts: dict[tuple[str, str], int]) -> list[tuple[str, str]]:
        """Those tokens and owners, out of others, to whom they can't be paid."""
        tokens = self.world.contracts
        return [
            (token, owner)
            for (token, owner), amount in amounts.items()
            if amount and not tokens[token].is_good(owner)
        ]

    def officers_act(
        self, by: str, contract: str, function: str, *args: Any, role: str | None = None
    ) -> bool:
        """An act that a bank restricts to a role: the contract's, or that of the escrow's token."""
        place = args[0] if contract == "escrow" else contract
        bank = BANK_OF.get(place) or place.split()[0]
        role = role or role_of(function)
        callers = {
            "officer": f"{bank} {role}",
            "other bank's officer": f"{other_bank(bank)} {role}",
            "deputy": f"{bank} deputy",
            "admin": f"{bank} admin",
            STRANGER: STRANGER,
        }
        return self.act(callers[by], contract, function, *args)

    def do(self, caller: str, call: Call) -> bool:
        return self.act(caller, "escrow", call.function, *call.args)

    def act(self, caller: str, contract: str, function: str, *args: Any) -> bool:
        return self.history.act(caller, contract, function, *args)

    @property
    def now(self) -> int:
        """The time of the next act."""
        return self.history.now


class OnPyrevm(Machine):
    """In this process."""

    header = "from tests.model.machine import OnPyrevm"

    @classmethod
    def chain(cls) -> Chain:
        return _on_pyrevm()


class OnAnvil(Machine):
    """On the node at `url`."""

    header = (
        "from tests.model.machine import OnAnvil\n"
        f'OnAnvil.url = "http://127.0.0.1:8545"  # of: anvil {" ".join(ANVIL_OPTIONS)}'
    )
    url: ClassVar[str]

    @classmethod
    def chain(cls) -> Chain:
        return _on_anvil(cls.url)


class Onwards(OnPyrevm):
    """Takes one long history further by a part."""

    header = "# A part of the long history, which does not run without what was before:"
    history_so_far: ClassVar[LongHistory]

    def begin(self) -> History:
        self.history_so_far.begin_anew()
        return self.history_so_far

    @initialize(mark=st.binary(min_size=16, max_size=16))
    def begin_as_never_before(self, mark):
        """Hypothesis begins with the simplest choices, which would make every part the same."""
        assume(any(mark))

    def teardown(self) -> None:
        """It goes on."""


@cache
def _on_pyrevm() -> Chain:
    return opened(Chain(Pyrevm()))


@cache
def _on_anvil(url: str) -> Chain:
    return opened(Chain(Anvil(url)))


def part(amount: int, percent: int) -> int:
    """A part, rounded down; one more than all for more than 100 percent."""
    return amount + 1 if percent > 100 else amount * percent // 100


def other_token(token: str) -> str:
    """Another of the same bank, if it has one."""
    return {"EUR": "USD", "USD": "EUR", "HKD": "EUR"}[token]


def other_bank(bank: str) -> str:
    (other,) = BANKS.keys() - {bank}
    return other
