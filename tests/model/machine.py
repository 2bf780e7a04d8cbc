"""A state machine in which everybody acts at random.

A history that fails is printed as a Python script of plain steps, as short as it was found, which
runs with the tests' folder on Python's path.
"""

from abc import abstractmethod
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

from hypothesis import currently_in_test_context, note
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from model.backends import ANVIL_OPTIONS, Anvil, Pyrevm
from model.bank_token import GREATEST, INFINITE
from model.books import NOBODY
from model.chain import Chain
from model.choices import (
    FLAWED_TERMS,
    FLAWS,
    HOUR,
    KINDS,
    REFUND_FLAWS,
    ROUTES,
    SCHEDULES,
    amounts,
    banks,
    claims,
    customers,
    desks,
    entries,
    freezes,
    holders,
    lifetimes,
    mostly,
    nonces,
    officers,
    parties,
    payees,
    percents,
    policies,
    reviewed,
    signers,
    spenders,
    sums,
    suspects,
    tokens,
    watched,
)
from model.escrow import DAY
from model.history import History, opened
from model.messages import (
    NO_SIGNATURE,
    Approval,
    Message,
    Payment,
    RefundQuote,
    Signature,
    approval_of,
    release_of,
)
from model.policy import Corridor, Period
from model.registry import Category
from model.world import (
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
    STRANGER,
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
        self.history = History(self.chain())
        self.world = self.history.world

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

    @rule(token=tokens, holder=holders, to=payees, amount=amounts)
    def transfer(self, token, holder, to, amount):
        self.history.foresee(token, holder, to, amount)
        self.act(holder, token, "transfer", to, amount)

    @rule(
        token=tokens,
        spender=spenders,
        owner=mostly("anna", "mei", but=HOLDERS),
        to=payees,
        amount=amounts,
    )
    def transfer_from(self, token, spender, owner, to, amount):
        self.act(spender, token, "transferFrom", owner, to, amount)

    @rule(
        token=tokens,
        owner=holders,
        spender=mostly("bruno", "escrow", but=["platform", NOBODY]),
        amount=amounts | st.just(INFINITE),
    )
    def approve(self, token, owner, spender, amount):
        self.act(owner, token, "approve", spender, amount)

    @rule(
        token=tokens, owner=holders, spender=spenders, amount=amounts, lasts=lifetimes, by=signers
    )
    def permit(self, token, owner, spender, amount, lasts, by):
        nonce, deadline = self.world.contracts[token].permits.get(owner, 0), self.now + lasts
        message = Message(token, "Permit", (owner, spender, amount, nonce, deadline))
        signature = self.signed(owner, by, message, in_parts=True)
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
        terms = (owner, to, amount, self.now + starts, self.now + lasts, nonce)
        signature = self.signed(owner, by, Message(token, KINDS[signed_for], terms), in_parts)
        caller = to if bearer == "payee" else bearer
        self.act(caller, token, f"{kind}WithAuthorization", *terms, signature)

    @rule(token=tokens, owner=holders, nonce=nonces, by=signers, in_parts=st.booleans())
    def cancel_authorization(self, token, owner, nonce, by, in_parts):
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
        self.officers_act("officer", token, "acceptRedemption", 1)
        return token, 1

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
        terms = (holder, amount, 1, nonce, self.now + lasts)
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

    @rule(redemption=redemptions, desk=desks, ledger=desks, number=entries)
    def settle_redemption(self, redemption, desk, ledger, number):
        token, id = redemption
        used = self.entry(token, ledger, number)
        self.act(self.desk(token, desk), token, "settleRedemption", id, used)

    # Desks

    @rule(token=tokens, desk=desks, to=payees, amount=amounts, ledger=desks, number=entries)
    def mint(self, token, desk, to, amount, ledger, number):
        used = self.entry(token, ledger, number)
        self.act(self.desk(token, desk), token, "mint", to, amount, used)

    @rule(
        token=tokens,
        issues=st.lists(st.tuples(holders, amounts, entries), min_size=1, max_size=3),
    )
    def mint_batch(self, token, issues):
        batch = [(to, amount, entry(LEDGERS[token], number)) for to, amount, number in issues]
        self.act(self.desk(token, "desk"), token, "mintBatch", batch)

    @rule(token=tokens, desk=desks, amount=amounts, ledger=desks, number=entries)
    def burn(self, token, desk, amount, ledger, number):
        used = self.entry(token, ledger, number)
        self.act(self.desk(token, desk), token, "burn", amount, used)

    # Officers

    @rule(
        by=officers,
        token=tokens,
        desk=mostly("desk", but=["other desk", STRANGER, NOBODY]),
        ledger=mostly("desk", but=["other desk", "none"]),
        quota=sums,
    )
    def set_desk(self, by, token, desk, ledger, quota):
        ledger_id = 0 if ledger == "none" else self.entry(token, ledger, 0) >> 64
        self.officers_act(by, token, "setDesk", self.desk(token, desk), ledger_id, quota)

    @rule(
        by=officers,
        token=tokens,
        function=mostly("topUpDesk", "lowerDesk", but=["removeDesk"]),
        desk=desks,
        amount=sums,
    )
    def change_desk(self, by, token, function, desk, amount):
        amounts = () if function == "removeDesk" else (amount,)
        self.officers_act(by, token, function, self.desk(token, desk), *amounts)

    @rule(by=officers, token=tokens, cap=sums)
    def set_supply_cap(self, by, token, cap):
        self.officers_act(by, token, "setSupplyCap", cap)

    @rule(by=officers, account=watched, amount=freezes)
    def freeze(self, by, account, amount):
        token, holder = account
        self.officers_act(by, token, "setFrozenTokens", holder, amount)

    @rule(by=officers, source=watched, to=payees, amount=amounts)
    def force_transfer(self, by, source, to, amount):
        token, holder = source
        self.officers_act(by, token, "forcedTransfer", holder, to, amount)

    @rule(by=officers, token=tokens, function=st.sampled_from(["pause", "unpause"]))
    def pause_or_unpause(self, by, token, function):
        self.officers_act(by, token, function)

    @rule(by=officers, function=st.sampled_from(["block", "unblock"]), suspect=suspects)
    def block_or_unblock_wallet(self, by, function, suspect):
        bank, wallet = suspect
        reasons = ("LEGL",) if function == "block" else ()
        self.officers_act(by, f"{bank} registry", f"{function}Wallet", wallet, *reasons)

    @rule(by=officers, function=st.sampled_from(["block", "unblock"]), suspect=customers)
    def block_or_unblock_customer(self, by, function, suspect):
        bank, customer_id = suspect
        reasons = ("LEGL",) if function == "block" else ()
        self.officers_act(by, f"{bank} registry", f"{function}Customer", customer_id, *reasons)

    @rule(
        by=officers,
        bank=banks,
        wallet=reviewed,
        category=st.sampled_from(Category),
        country=mostly(GERMANY, HONG_KONG, but=[*COUNTRIES, 0]),
        lasts=mostly(400 * DAY, HOUR, but=[0]),
        customer=mostly("its own", but=[0, 1001]),
    )
    def register(self, by, bank, wallet, category, country, lasts, customer):
        registry = self.world.registries[bank]
        if customer == "its own":
            customer = registry.participant_of(wallet).customer_id or 9_000
        terms = (wallet, category, country, self.now + lasts, customer)
        self.officers_act(by, registry.name, "register", *terms)

    @rule(by=officers, bank=banks, wallet=reviewed, lasts=st.sampled_from([0, 1, HOUR, 500 * DAY]))
    def renew(self, by, bank, wallet, lasts):
        self.officers_act(by, f"{bank} registry", "renew", wallet, self.now + lasts)

    @rule(by=officers, bank=banks, wallet=reviewed)
    def revoke(self, by, bank, wallet):
        self.officers_act(by, f"{bank} registry", "revoke", wallet)

    @rule(
        by=officers,
        bank=banks,
        countries=mostly([NOWHERE], [FRANCE, NOWHERE], but=[[HONG_KONG], [GERMANY, 0]]),
        zone=st.sampled_from([EEA, HK, 0]),
    )
    def set_zone(self, by, bank, countries, zone):
        self.officers_act(by, f"{bank} registry", "setZone", countries, zone)

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

    @rule(
        by=officers,
        bank=banks,
        which=policies,
        change=mostly(
            ("setRecognised", "HKD", True),
            ("setApprover", "Rhein approver"),
            ("setApprover", "Victoria approver"),
            but=[("setRecognised", "EUR", False), ("setApprover", NOBODY)],
        ),
    )
    def change_policy(self, by, bank, which, change):
        function, *args = change
        self.officers_act(by, f"{bank} {which}", function, *args)

    @rule(
        by=officers,
        token=tokens,
        function=st.sampled_from(["stopSystemAccount", "activateSystemAccount"]),
        account=mostly("escrow", but=[STRANGER, "EUR"]),
    )
    def change_system_account(self, by, token, function, account):
        self.officers_act(by, token, function, account)

    @rule(by=officers, token=tokens, which=st.sampled_from(["policy", "new policy", "none"]))
    def set_policy(self, by, token, which):
        policy = STRANGER if which == "none" else f"{BANK_OF[token]} {which}"
        self.officers_act(by, token, "setPolicy", policy)

    @rule(by=officers, token=tokens, account=st.sampled_from(["platform", "li", NOBODY]))
    def set_suspense_account(self, by, token, account):
        self.officers_act(by, token, "setSuspenseAccount", account)

    # Dealers and claims

    @rule(
        token=tokens,
        dealer=st.sampled_from(DEALERS),
        amount=amounts | st.sampled_from([GREATEST, GREATEST + 1]),
    )
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
        kept=claims,
        to=st.sampled_from(["anna's other wallet", "mei's other wallet", "platform", "mei"]),
    )
    def divert_claim(self, by, kept, to):
        self.officers_act(by, "escrow", "divertClaim", *kept, to)

    @rule(by=officers, token=tokens, dealer=mostly("dora", but=["david"]))
    def divert_inventory(self, by, token, dealer):
        self.officers_act(by, "escrow", "divertInventory", token, dealer)

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
        return self.authorize(
            fee_receiver="platform", dealer="dora", purpose="GDDS", flaw="none", **terms
        )

    @initialize(
        target=payments,
        route=st.sampled_from(ROUTES),
        amount=st.integers(1_00, 400_00),
        percent=percents,
        disputed=st.booleans(),
    )
    def capture_first(self, route, amount, percent, disputed):
        """A part of another payment, and disputes the rest or not."""
        authorized = self.authorize_first(
            route=route, amount=amount, rate=33, fee_bps=333, arbitrated=True, schedule="usual"
        )
        payment = self.history.payments[-1]
        self.capture(payment=payment, percent=percent, by="operator")
        if disputed:
            self.dispute(payment=payment, by="payer")
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
        payment = self.history.payments[-1]
        self.block_or_unblock_wallet(by="officer", function="block", suspect=suspect)
        self.capture(payment=payment, percent=100, by="operator")
        if not blocked:
            self.block_or_unblock_wallet(by="officer", function="unblock", suspect=suspect)

    @rule(
        target=payments,
        route=mostly(*ROUTES, but=[("bruno", "anna", "EUR", "EUR"), ("li", "anna", "HKD", "EUR")]),
        amount=st.sampled_from([1, 99, 100_00, 333_33]) | st.integers(1, 1_000_00),
        rate=mostly(850, 117, 33, but=[1]),
        fee_bps=mostly(0, 100, 333, but=[10_000]),
        fee_receiver=mostly("platform", but=["david", "escrow"]),
        dealer=mostly("dora", but=["david", "anna"]),
        arbitrated=st.booleans(),
        schedule=mostly("usual", but=list(SCHEDULES)),
        purpose=mostly("GDDS", but=[""]),
        flaw=mostly("none", but=FLAWS),
    )
    def authorize(
        self,
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
    ):
        """Pays `amount` for `rate` percent of it in another currency."""
        payer, merchant, source, into = route
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
            uetr=len(self.history.payments) + 1,
            remittance_hash=0,
        )
        if flaw in FLAWED_TERMS:
            payment = replace(payment, **FLAWED_TERMS[flaw](payment))
        self.history.payments.append(payment)
        return payment if self.try_to_authorize(payment, flaw) else multiple()

    @rule(payment=payments, flaw=st.sampled_from(["none", "unsigned by the payer"]))
    def retry_authorization(self, payment, flaw):
        self.try_to_authorize(payment, flaw)

    @rule(payment=payments, percent=percents, by=mostly("operator", but=parties))
    def capture(self, payment, percent, by):
        left = payment.source_amount - self.world.escrow.state(payment).captured
        self.act(self.party(payment, by), "escrow", "capture", payment, part(left, percent))

    @rule(
        captured=st.lists(payments, min_size=1, max_size=3),
        percent=percents,
        by=mostly("platform", but=[STRANGER]),
    )
    def capture_batch(self, captured, percent, by):
        captures = [(payment, part(payment.source_amount, percent)) for payment in captured]
        self.act(by, "escrow", "captureBatch", captures)

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

    @rule(payment=payments, percent=percents, by=mostly("arbiter", but=parties))
    def resolve(self, payment, percent, by):
        left = payment.source_amount - self.world.escrow.state(payment).captured
        self.act(self.party(payment, by), "escrow", "resolve", payment, part(left, percent))

    @rule(
        payment=payments,
        function=st.sampled_from(["void", "reclaim"]),
        by=mostly("operator", "merchant", but=parties),
    )
    def return_to_payer(self, payment, function, by):
        self.act(self.party(payment, by), "escrow", function, payment)

    @rule(
        payment=payments,
        way=st.sampled_from(["allowance", "signature"]),
        by=mostly("merchant", but=parties),
        percent=percents,
        price=mostly(100, but=[0, 50, 200, 201]),
        dealer=mostly("the same", but=["david", NOBODY]),
        lasts=lifetimes,
        flaw=mostly("none", but=REFUND_FLAWS),
    )
    def refund(self, payment, way, by, percent, price, dealer, lasts, flaw):
        """A part of what was captured, at `price` percent of what the merchant got for it."""
        state = self.world.escrow.state(payment)
        source_amount = part(state.captured - state.refunded, percent)
        share = payment.target_amount * source_amount // payment.source_amount
        quote = RefundQuote(
            payment_id=self.known(payment.id),
            refunded_before=state.refunded + (flaw == "out of place"),
            source_amount=source_amount,
            target_amount=share * price // 100,
            dealer=payment.dealer if dealer == "the same" else dealer,
            deadline=self.now + lasts,
        )
        if flaw == "for another payment":
            quote = replace(quote, payment_id=self.known(replace(payment, uetr=0).id))
        digest = self.known(quote.digest)
        signatures = [Signature(quote.dealer, digest)]
        if quote.dealer == NOBODY or flaw == "unsigned by the dealer":
            signatures = [NO_SIGNATURE]
        function = "refund"
        if way == "signature":
            function = "refundWithAuthorization"
            terms = (payment.merchant, "escrow", quote.target_amount, 0, quote.deadline, digest)
            message = Message(payment.target_token, "ReceiveWithAuthorization", terms)
            signer = STRANGER if flaw == "unsigned by the merchant" else payment.merchant
            signatures.insert(0, Signature(signer, message))
        self.act(self.party(payment, by), "escrow", function, payment, quote, *signatures)

    # What the steps share

    def try_to_authorize(self, payment: Payment, flaw: str) -> bool:
        token, bank = payment.source_token, BANK_OF[payment.source_token]
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
        approval = Approval(valid_until, Signature(f"{approving} approver", consent))
        if flaw == "unapproved":
            approval = replace(approval, signature=NO_SIGNATURE)
        caller = STRANGER if flaw == "tried by a stranger" else payment.operator
        signatures = (payer_signature, dealer_signature, approval)
        return self.act(caller, "escrow", "authorize", payment, *signatures)

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

    def latest_redemption(self, token: str) -> tuple[str, int]:
        return token, len(self.world.contracts[token].redemptions)

    def desk(self, token: str, which: str) -> str:
        desks = {"desk": f"{token} desk", "other desk": f"{other_token(token)} desk"}
        return desks.get(which, which)

    def entry(self, token: str, ledger: str, number: int) -> int:
        return entry(LEDGERS[token if ledger == "desk" else other_token(token)], number)

    def officers_act(self, by: str, contract: str, function: str, *args: Any) -> bool:
        """An act that a bank restricts to a role: the contract's, or that of the escrow's token."""
        place = args[0] if contract == "escrow" else contract
        bank = BANK_OF.get(place) or place.split()[0]
        role = role_of(function)
        callers = {
            "officer": f"{bank} {role}",
            "other bank's officer": f"{other_bank(bank)} {role}",
            "governor": f"{bank} governor",
            STRANGER: STRANGER,
        }
        return self.act(callers[by], contract, function, *args)

    def act(self, caller: str, contract: str, function: str, *args: Any) -> bool:
        return self.history.act(caller, contract, function, *args)

    @property
    def now(self) -> int:
        """The time of the next act."""
        return self.history.now


class OnPyrevm(Machine):
    """In this process."""

    header = "from model.machine import OnPyrevm"

    @classmethod
    def chain(cls) -> Chain:
        return _on_pyrevm()


class OnAnvil(Machine):
    """On the node at `url`."""

    header = (
        "from model.machine import OnAnvil\n"
        f'OnAnvil.url = "http://127.0.0.1:8545"  # of: anvil {" ".join(ANVIL_OPTIONS)}'
    )
    url: ClassVar[str]

    @classmethod
    def chain(cls) -> Chain:
        return _on_anvil(cls.url)


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
