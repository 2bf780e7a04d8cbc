"""The payment flow: what each party signs, and what it sends to the escrow.

A payment in order: the platform writes the terms (`Payment`), the payer signs (`sign_as_payer`),
where two currencies are involved the dealer signs (`sign_as_dealer`), where the corridor asks for
it the payer's bank approves (`approve_as_bank`), the platform sends `authorize`, and later
`capture` or `void`; or it sends `charge`, which is both at once. Before the capture the payer may
`release` everything, or `dispute` it, which the arbiter decides (`resolve`); after it the merchant
may `refund`.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from deposit_token.chain.chain import Chain, Signer
from deposit_token.chain.logs import emitted, logged
from deposit_token.chain.packing import packer
from deposit_token.chain.refusals import ContractError, Reverted
from deposit_token.chain.sentences import Facts
from deposit_token.errors import InputError, MistakeError
from deposit_token.protocol import acts
from deposit_token.protocol.acts import Act
from deposit_token.protocol.consents import Consent, in_the_form_to_send, signer_of, with_signatures
from deposit_token.protocol.contracts import escrow_at, token_at
from deposit_token.protocol.facts import facts_of
from deposit_token.protocol.messages import Approval, Release
from deposit_token.protocol.payment import (
    NO_APPROVAL,
    Payment,
    PaymentApproval,
    PaymentState,
    RefundQuote,
)
from deposit_token.protocol.sending import send_to_bank
from deposit_token.protocol.signatures import MessageSigner, Signature, key_signature, sign
from deposit_token.protocol.structs import Domain
from deposit_token.store.records import MAX_TRANSACTION_GAS, Instruction, InstructionId, Proof
from deposit_token.values.fields import (
    ADDRESS_ZERO,
    WORD,
    Address,
    Bytes32,
    Text,
    Time,
    Uint64,
    Uint104,
    Uint256,
    checked,
)

if TYPE_CHECKING:
    from web3.contract.contract import ContractFunction
    from web3.types import TxReceipt

_LOGGER = logging.getLogger(__name__)

ACT_GAS = 1_500_000
"""Gas limit of each act: the escrow wants much at hand and spends only what the act costs."""

BATCH_GAS = 250_000
"""What each act of a batch adds to that limit: more than one costs with any honest token, at the
gas prices of Osaka."""

MAX_ACTS = (MAX_TRANSACTION_GAS - ACT_GAS) // BATCH_GAS
"""How many acts a batch may have, 61: each adds its gas to the limit of the one transaction."""


EVENTS = {
    "authorize": "PaymentAuthorized",
    "charge": "PaymentCharged",
    "capture": "PaymentCaptured",
    "release": "PaymentReleased",
    "releaseWithSignature": "PaymentReleased",
    "dispute": "PaymentDisputed",
    "resolve": "PaymentResolved",
    "void": "PaymentVoided",
    "refund": "PaymentRefunded",
    "refundWithAuthorization": "PaymentRefunded",
    "reclaim": "PaymentReclaimed",
    "claim": "Claimed",
    "divertClaim": "ClaimDiverted",
    "divertInventory": "InventoryDiverted",
    "deposit": "Deposited",
    "withdraw": "Withdrawn",
}
"""What the escrow emits for each of its functions that is an act."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class SkippedAct:
    """An act of a batch that was left out, and why."""

    index: int
    """Its place among the acts, from 0."""
    act: Act
    reason: ContractError
    """What the act alone would have been refused with; `0x` if its share of gas was not enough."""


class Settlement:
    """One escrow on one chain.

    What is refused raises Reverted with the contract's own error, an address without checksum
    InputError, and one at which no escrow or token answers NoContract. A signature that is not by
    the signer's key is an InputError too, before anything is sent, unless a contract stands at the
    signer's address. What an act did is certain only once `Chain.is_final` says so of its receipt.
    """

    @checked
    def __init__(self, chain: Chain, address: Address) -> None:
        self.address = address
        self.chain = chain
        self._escrow = escrow_at(chain, address)
        self.domain = Domain.escrow(chain.chain_id, address)
        self._token_domains: dict[str, Domain] = {}
        self._approvers: dict[str, str] = {}
        functions = (each for each in self._escrow.abi if each["type"] == "function")
        self._packers = {each["name"]: packer(each) for each in functions if each["name"] in EVENTS}
        self._events = {
            function: bytes.fromhex(self._escrow.events[event]().topic[2:])
            for function, event in EVENTS.items()
        }

    # Reading

    @checked
    def payment_id(self, payment: Payment) -> bytes:
        """The EIP-712 digest of the terms in this escrow's domain, 32 bytes."""
        return payment.id(self.domain)

    @checked
    def state(self, payment_id: Bytes32, block: Uint64 | None = None) -> PaymentState:
        """Where a payment stands after the block of this number, by default the latest."""
        return PaymentState.from_tuple(
            self.chain.call(self._escrow.functions.paymentState(payment_id), block)
        )

    @checked
    def token_domain(self, token: Address) -> Domain:
        """The domain of what holders sign for a deposit token, which is asked for it once."""
        if token not in self._token_domains:
            self._token_domains[token] = Domain.token(self.chain, token)
        return self._token_domains[token]

    @checked
    def authorized(self, block: Uint64 | None = None) -> Iterator[tuple[bytes, Payment]]:
        """Every payment that was ever authorized or charged here, until the block of this number,
        by default the latest: its id and its terms, as the escrow's events tell them."""
        last = self.chain.web3.eth.block_number if block is None else block
        for log in logged(self._escrow, ["PaymentAuthorized", "PaymentCharged"], last):
            terms = log["args"]["payment"]
            yield (
                log["args"]["id"],
                Payment.from_tuple(terms[each.key] for each in Payment.members()),
            )

    @checked
    def inventory(self, dealer: Address, token: Address) -> int:
        """What a dealer has free here, in minor units of the token."""
        self._require_token(token)
        return int(self.chain.call(self._escrow.functions.inventoryOf(dealer, token)))

    @checked
    def claimable(self, token: Address, owner: Address) -> int:
        """What is kept for an owner that could not be paid, in minor units of the token."""
        self._require_token(token)
        return int(self.chain.call(self._escrow.functions.claimableOf(token, owner)))

    @checked
    def preview_authorize(
        self,
        payment: Payment,
        payer_signature: Signature,
        dealer_signature: Signature = b"",
        approval: PaymentApproval = NO_APPROVAL,
    ) -> ContractError | None:
        """What `authorize` by the operator would be refused with now; None: it would succeed.

        Nothing is sent. The payer's signature is looked at before its standing and balance, the
        others last: without it (`b""`) the rest can be asked before anybody signs.
        """
        act = acts.authorize(payment, payer_signature, dealer_signature, approval)
        function = self._escrow.functions.previewAuthorize
        authorized, refusal = self.chain.call(
            function(*with_signatures(act.arguments, self._signature_to_try))
        )
        if authorized:
            return None
        found = ContractError.decode(refusal)
        return found.with_facts(self._facts(act, found))

    @checked
    def preview_capture(
        self, payment: Payment, captured_before: Uint104, source_amount: Uint104
    ) -> tuple[int, int]:
        """What `capture` by the operator would pay now: to the merchant, and as the fee.

        Both in minor units of the target token. Raises Reverted if it would be refused.
        """
        act = acts.capture(payment, captured_before, source_amount)
        preview = self._escrow.functions.previewCapture(*act.arguments)
        try:
            merchant_amount, fee = self.chain.call(preview)
        except Reverted as refusal:
            raise refusal.with_facts(self._facts(act, refusal.found)) from None
        return merchant_amount, fee

    @checked
    def quote_refund(
        self,
        payment: Payment,
        target_amount: Uint104,
        deadline: Time,
        source_amount: Uint104 | None = None,
        dealer: Address | None = None,
    ) -> RefundQuote:
        """The quote by which the merchant gives back `target_amount` and the payer gets
        `source_amount`, by default the most that it may get: its own rate.

        Amounts in minor units; `deadline` in Unix seconds, exclusive; `dealer` is by default the
        payment's. The quote is good until the next refund. Raises InputError for an amount that the
        escrow would refuse.
        """
        state = self.state(self.payment_id(payment))
        greatest = payment.greatest_refund(
            target_amount, captured=state.captured, refunded=state.refunded, closed=state.closed
        )
        if greatest == 0:
            accepted = "more: the payer would get less than its smallest unit for it"
            raise InputError("target amount", target_amount, accepted)
        if source_amount is None:
            source_amount = greatest
        least = greatest if payment.source_token == payment.target_token else 1
        if not least <= source_amount <= greatest:
            accepted = str(greatest) if least == greatest else f"{least} to {greatest}"
            raise InputError("source amount", source_amount, accepted)
        return RefundQuote(
            payment_id=self.payment_id(payment),
            refunded_before=state.refunded,
            source_amount=source_amount,
            target_amount=target_amount,
            dealer=payment.dealer if dealer is None else dealer,
            deadline=deadline,
        )

    # Consents

    @checked
    def sign_as_payer(self, payer: MessageSigner, payment: Payment) -> bytes:
        """The payer's one signature: its nonce is the payment's id, so it agrees to every term."""
        domain = self.token_domain(payment.source_token)
        return sign(payer, payment.consent(self.domain), domain)

    @checked
    def sign_as_dealer(self, signer: MessageSigner, payment: Payment) -> bytes:
        """The signature of the dealer, or of a key it has named, under all terms."""
        return sign(signer, payment, self.domain)

    @checked
    def approve_as_bank(
        self, approver: MessageSigner, payment: Payment, valid_until: Time
    ) -> PaymentApproval:
        """The consent of the approver that the payer's bank's policy names."""
        approval = Approval(self.payment_id(payment), valid_until)
        return PaymentApproval(valid_until, sign(approver, approval, self.domain))

    @checked
    def sign_release(self, payer: MessageSigner, payment: Payment, deadline: Time) -> bytes:
        """The payer's consent to `release_with_signature`, until Unix seconds, exclusive.

        A dispute does not make it void.
        """
        return sign(payer, Release(self.payment_id(payment), deadline), self.domain)

    @checked
    def sign_refund_as_merchant(
        self, merchant: MessageSigner, payment: Payment, quote: RefundQuote
    ) -> bytes:
        """The merchant's one signature: its nonce is the quote's digest."""
        domain = self.token_domain(payment.target_token)
        return sign(merchant, quote.consent(payment, self.domain), domain)

    @checked
    def sign_refund_as_dealer(self, signer: MessageSigner, quote: RefundQuote) -> bytes:
        """The signature under a quote of the dealer that it names, or of that dealer's key."""
        return sign(signer, quote, self.domain)

    # The operator's acts

    @checked
    def authorize(
        self,
        operator: Signer,
        payment: Payment,
        payer_signature: Signature,
        dealer_signature: Signature = b"",
        approval: PaymentApproval = NO_APPROVAL,
    ) -> "TxReceipt":
        """Take both sides of the payment into the escrow."""
        act = acts.authorize(payment, payer_signature, dealer_signature, approval)
        return self._send(operator, act)

    @checked
    def charge(
        self,
        operator: Signer,
        payment: Payment,
        payer_signature: Signature,
        dealer_signature: Signature = b"",
        approval: PaymentApproval = NO_APPROVAL,
    ) -> "TxReceipt":
        """Authorize and capture everything at once, of a payment without arbiter.

        Nothing is kept for a merchant or fee receiver that can't be paid: the charge is refused.
        """
        act = acts.charge(payment, payer_signature, dealer_signature, approval)
        return self._send(operator, act)

    @checked
    def capture(
        self, operator: Signer, payment: Payment, captured_before: Uint104, source_amount: Uint104
    ) -> "TxReceipt":
        """Pay the merchant for `source_amount` minor units of what is held.

        `captured_before` is what was captured so far: sent twice, it pays once.
        """
        return self._send(operator, acts.capture(payment, captured_before, source_amount))

    # The payer's acts

    @checked
    def release(self, payer: Signer, payment: Payment) -> "TxReceipt":
        """Pay the merchant for all that is left, without waiting for a capture."""
        return self._send(payer, acts.release(payment))

    @checked
    def release_with_signature(
        self, sender: Signer, payment: Payment, deadline: Time, signature: Signature
    ) -> "TxReceipt":
        """The same by the payer's signature (`sign_release`); anyone may bring it."""
        return self._send(sender, acts.release_with_signature(payment, deadline, signature))

    @checked
    def dispute(self, payer: Signer, payment: Payment) -> "TxReceipt":
        """Stop captures of what is left, and put it before the arbiter."""
        return self._send(payer, acts.dispute(payment))

    # The arbiter's act

    @checked
    def resolve(self, arbiter: Signer, payment: Payment, source_amount: Uint104) -> "TxReceipt":
        """Divide what is left of a disputed payment: `source_amount` minor units of it for the
        merchant, as if captured, and the rest back to the payer."""
        return self._send(arbiter, acts.resolve(payment, source_amount))

    # The operator's or the merchant's acts

    @checked
    def void(self, sender: Signer, payment: Payment) -> "TxReceipt":
        """Give back what was not captured; of a disputed payment only the merchant may."""
        return self._send(sender, acts.void(payment))

    @checked
    def refund(
        self,
        merchant: Signer,
        payment: Payment,
        quote: RefundQuote,
        dealer_signature: Signature = b"",
    ) -> "TxReceipt":
        """Give back part of what was captured, as the merchant; its allowance is set first."""
        act = acts.refund(payment, quote, dealer_signature)
        self._approve(merchant, payment.target_token, quote.target_amount, act)
        return self._send(merchant, act)

    @checked
    def refund_with_authorization(
        self,
        sender: Signer,
        payment: Payment,
        quote: RefundQuote,
        merchant_signature: Signature,
        dealer_signature: Signature = b"",
    ) -> "TxReceipt":
        """The same by the merchant's signature (`sign_refund_as_merchant`)."""
        signatures = (merchant_signature, dealer_signature)
        return self._send(sender, acts.refund_with_authorization(payment, quote, *signatures))

    # Anyone's acts

    @checked
    def reclaim(self, sender: Signer, payment: Payment) -> "TxReceipt":
        """Give back what was not captured, or of a disputed payment not resolved, in time."""
        return self._send(sender, acts.reclaim(payment))

    @checked
    def claim(self, sender: Signer, token: Address, owner: Address) -> "TxReceipt":
        """Pay an owner what is kept for it."""
        return self._send(sender, acts.claim(token, owner))

    # The bank's acts: by whom the token's own AccessManager lets, while its registry refuses

    @checked
    def divert_claim(
        self, officer: Signer, token: Address, owner: Address, to: Address
    ) -> "TxReceipt":
        """Move what is kept for a refused owner to another wallet of the same customer, or to the
        token's suspense account."""
        return self._send(officer, acts.divert_claim(token, owner, to))

    @checked
    def divert_inventory(self, officer: Signer, token: Address, dealer: Address) -> "TxReceipt":
        """Turn the free inventory of a refused dealer into what is kept for it."""
        return self._send(officer, acts.divert_inventory(token, dealer))

    # The dealer's acts

    @checked
    def deposit(self, dealer: Signer, token: Address, amount: Uint256) -> "TxReceipt":
        """Place the dealer's tokens in its inventory; the allowance is set first."""
        act = acts.deposit(token, amount)
        self._approve(dealer, token, amount, act)
        return self._send(dealer, act)

    @checked
    def withdraw(self, dealer: Signer, token: Address, amount: Uint256) -> "TxReceipt":
        """Take free inventory back to the dealer; what it can't receive becomes its claimable."""
        return self._send(dealer, acts.withdraw(token, amount))

    # What a sender carries out

    @checked
    def instruction(
        self, id: InstructionId, sender: Address, act: Act, about: Mapping[Text, Text] = _NOTHING
    ) -> Instruction:
        """An act as an instruction to a `Sender`, whose proof is the escrow's event of it.

        Two acts of one kind for one payment have the same event: each is shown by its own
        transaction. Raises InputError for a signature that is refused for certain, and for an act
        that no function of `acts` made.
        """
        return Instruction(
            id=id,
            sender=sender,
            to=self.address,
            data=self._packed(act, self._signature),
            gas=ACT_GAS,
            proof=Proof(self.address, self._topics(act, sender)),
            about={**_about(act), **about},
        )

    @checked
    def explained(self, act: Act, refusal: Reverted) -> Reverted:
        """Why the escrow refused an act that something else has sent, told with what is known of
        it now."""
        return Reverted(act.function, refusal.found).with_facts(self._facts(act, refusal.found))

    # Many acts at once

    @checked
    def batch(self, sender: Signer, batch: Sequence[Act]) -> "tuple[TxReceipt, list[SkippedAct]]":
        """Do many acts of one caller's, of any kinds, in one transaction.

        What would be refused alone, for a signature too, is skipped and listed beside the receipt;
        the others stand. The gas limit is `ACT_GAS` and `BATCH_GAS` for each. A token that spends
        more than its share can make the whole batch be refused with `InsufficientGas`: send it in
        parts. Raises InputError for more than `MAX_ACTS` before anything is sent.
        """
        if len(batch) > MAX_ACTS:
            raise InputError("acts", len(batch), f"at most {MAX_ACTS} in one batch")
        encoded = [self._packed(act, self._signature_to_try) for act in batch]
        gas = ACT_GAS + BATCH_GAS * len(batch)
        function = self._escrow.functions.batch(encoded)
        receipt = self.chain.send(sender, function, gas=gas, about=_about(*batch))
        skipped = []
        for each in emitted(self._escrow, "ActSkipped", receipt):
            act, reason = batch[each["index"]], ContractError.decode(each["reason"])
            told = reason.with_facts(self._facts(act, reason))
            skipped.append(SkippedAct(each["index"], act, told))
            in_batch = {"transaction_hash": receipt["transactionHash"].to_0x_hex()}
            _LOGGER.warning(
                "%s: skipped in a batch: %s",
                act.function,
                told,
                extra={**_about(act), **in_batch},
            )
        return receipt, skipped

    def _require_token(self, token: str) -> None:
        """Raises NoContract if no token stands at an address, of which the escrow has nothing."""
        self.token_domain(token)

    def _approve(self, owner: Signer, token: Address, amount: Uint256, act: Act) -> None:
        contract = token_at(self.chain, token)
        approve = contract.functions.approve(self.address, amount)
        send_to_bank(self.chain, owner, approve, about=_about(act))

    def _send(self, sender: Signer, act: Act) -> "TxReceipt":
        try:
            function = self._function(act, self._signature)
            return self.chain.send(sender, function, gas=ACT_GAS, about=_about(act))
        except Reverted as refusal:
            raise refusal.with_facts(self._facts(act, refusal.found)) from None

    def _facts(self, act: Act, found: ContractError) -> Facts:
        return facts_of(self.chain, self.domain, act, found)

    def _function(self, act: Act, signature_of: Callable[[Consent], bytes]) -> "ContractFunction":
        from web3.exceptions import Web3Exception

        try:
            return self._escrow.functions[act.function](
                *with_signatures(act.arguments, signature_of)
            )
        except Web3Exception:
            raise _no_act(act) from None

    def _packed(self, act: Act, signature_of: Callable[[Consent], bytes]) -> bytes:
        """What a call of an act carries."""
        arguments = with_signatures(act.arguments, signature_of)
        try:
            return self._packers[act.function](arguments)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise _no_act(act) from None

    def _topics(self, act: Act, sender: str) -> tuple[bytes, ...]:
        """The first topics of the event that the escrow emits for an act."""
        event = self._events[act.function]
        if act.payment is not None:
            return event, self.payment_id(act.payment)
        named = [each for each in act.arguments if isinstance(each, str)]
        if act.function in ("deposit", "withdraw"):
            named = [sender, *named]
        return event, *(bytes.fromhex(each[2:]).rjust(WORD, b"\0") for each in named)

    def _signature(self, consent: Consent) -> bytes:
        """A signature as it is sent; raises InputError for one that is refused for certain."""
        signer, approved = consent.signer, consent.approved_token
        if signer == ADDRESS_ZERO and (approved is None or not consent.signature):
            return consent.signature
        digest = consent.digest(self.domain, self.token_domain)
        if approved is not None and consent.signature:
            by = signer_of(digest, key_signature(consent.signature))
            signer = self._approver(approved, by)
        if signer == ADDRESS_ZERO:
            return consent.signature

        def may_sign(by: str) -> bool:
            return by == signer or (consent.who == "dealer" and self._has_named(signer, by))

        return in_the_form_to_send(self.chain, consent, signer, digest, may_sign)

    def _signature_to_try(self, consent: Consent) -> bytes:
        """The same where what is refused is told by the escrow."""
        try:
            return self._signature(consent)
        except (MistakeError, Reverted):  # Also by a token that is none, or one that is hostile.
            return consent.signature

    def _approver(self, token: str, by: str | None) -> str:
        """Who approves at a token's bank: asked for once, and again for a signature by another."""
        if by is None or by != self._approvers.get(token):
            policy = self.chain.call(self.chain.contract("DepositToken", token).functions.policy())
            functions = self.chain.contract("CorridorPolicy", policy).functions
            self._approvers[token] = self.chain.call(functions.approver())
        return self._approvers[token]

    def _has_named(self, dealer: str, key: str) -> bool:
        return bool(self.chain.call(self._escrow.functions.isDealerSigner(dealer, key)))


def _no_act(act: Act) -> InputError:
    return InputError("act", act.function, "one that a function of acts made")


def _about(*batch: Act) -> dict[str, str]:
    """What is logged of acts: the UETRs of their payments, each once, with blanks between."""
    uetrs = dict.fromkeys(str(act.payment.uetr) for act in batch if act.payment is not None)
    return {"uetr": " ".join(uetrs)} if uetrs else {}
