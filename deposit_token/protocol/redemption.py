"""Redemption: holders ask for their deposits to be paid out; the bank pays and burns them.

A holder asks (`request`, or `sign_request` and anyone's `request_with_signature`), which locks the
amount in its own balance. The bank's payout officer accepts; once that is final
(`Chain.is_final`), the bank pays out over its own rails, and a minter settles with the ledger entry
of that payout. Until it is accepted the holder may cancel; until it is settled the payout officer
may reject.
"""

import re
from dataclasses import astuple, dataclass

from eth_account.signers.local import LocalAccount
from web3.types import TxReceipt

from deposit_token.chain.chain import Chain, Signer
from deposit_token.chain.logs import emitted
from deposit_token.errors import InputError
from deposit_token.protocol import messages
from deposit_token.protocol.entries import LedgerEntry
from deposit_token.protocol.messages import Domain
from deposit_token.values.enumerations import RedemptionStatus
from deposit_token.values.fields import require_addresses

_REASON = re.compile(r"[A-Z0-9]{4}")


@dataclass(frozen=True)
class Redemption:
    """A holder's wish to have deposits paid out, as the token has it."""

    id: int
    """Its number in the token, from 1."""
    holder: str
    status: RedemptionStatus
    amount: int
    """Minor units, locked in the holder's balance while the redemption is open."""
    payout_reference: bytes
    """32 bytes that name the payout instruction that the bank keeps."""


@dataclass(frozen=True)
class RedemptionRequest:
    """What a holder signs, so that anyone may bring its request.

    Raises InputError for an address without checksum, an amount that is not above zero, a reference
    or a nonce of other than 32 bytes, and a time beyond 40 bits.
    """

    holder: str
    amount: int
    """Minor units."""
    payout_reference: bytes
    """32 bytes that name the payout instruction that the holder gave the bank."""
    nonce: bytes
    """32 bytes that the holder has used for no ERC-3009 authorization, best drawn at random."""
    deadline: int
    """Unix seconds, exclusive."""

    def __post_init__(self) -> None:
        require_addresses(holder=self.holder)
        _require_wish(self.amount, self.payout_reference)
        _require_32_bytes("nonce", self.nonce)
        if type(self.deadline) is not int or not 0 <= self.deadline < 2**40:
            raise InputError("deadline", self.deadline, "Unix seconds from 0 to 2^40 - 1")


class Redemptions:
    """The redemptions of one token on one chain.

    What is refused raises Reverted with the contract's own error, and an address without checksum
    InputError.
    """

    def __init__(self, chain: Chain, token: str) -> None:
        self._chain = chain
        self._token = chain.contract("DepositToken", token)
        self.domain = Domain.token(chain, token)

    # Reading

    def find(self, redemption_id: int) -> Redemption:
        """One redemption; its status is NONE if the number was never given."""
        found = self._chain.call(self._token.functions.redemptionOf(redemption_id))
        holder, status, amount, payout_reference = found
        return Redemption(redemption_id, holder, RedemptionStatus(status), amount, payout_reference)

    def open_of(self, holder: str) -> list[Redemption]:
        """A holder's redemptions that are requested or accepted, by their numbers."""
        require_addresses(holder=holder)
        ids = self._chain.call(self._token.functions.openRedemptionsOf(holder))
        return [self.find(redemption_id) for redemption_id in sorted(ids)]

    # The holder's acts

    def request(
        self, holder: Signer, amount: int, payout_reference: bytes
    ) -> tuple[TxReceipt, int]:
        """Ask for `amount` minor units to be paid out, and lock them; gives the redemption's number
        beside the receipt.

        `payout_reference` is 32 bytes that name the payout instruction. Raises InputError as
        `RedemptionRequest`.
        """
        _require_wish(amount, payout_reference)
        receipt = self._chain.send(
            holder, self._token.functions.requestRedemption(amount, payout_reference)
        )
        return receipt, self._number_in(receipt)

    def sign_request(self, holder: LocalAccount, request: RedemptionRequest) -> bytes:
        """The holder's consent to `request_with_signature`.

        Until that is sent, `cancelAuthorization` of the nonce at the token makes it void.
        """
        return messages.sign(holder, messages.redemption_request(self.domain, *astuple(request)))

    def request_with_signature(
        self, sender: Signer, request: RedemptionRequest, signature: bytes
    ) -> tuple[TxReceipt, int]:
        """The same as `request` by the holder's signature; anyone may bring it."""
        function = self._token.functions.requestRedemptionWithSignature
        receipt = self._chain.send(sender, function(*astuple(request), signature))
        return receipt, self._number_in(receipt)

    def cancel(self, holder: Signer, redemption_id: int) -> TxReceipt:
        """Take a request back that the bank has not accepted."""
        return self._chain.send(holder, self._token.functions.cancelRedemption(redemption_id))

    # The bank's acts

    def accept(self, payout_officer: Signer, redemption_id: int) -> TxReceipt:
        """End the holder's right to cancel.

        The bank pays out only when `Chain.is_final` says so of the receipt: a reorganisation of the
        chain before may undo the acceptance, and the holder's cancel come first.
        """
        return self._chain.send(
            payout_officer, self._token.functions.acceptRedemption(redemption_id)
        )

    def settle(self, minter: Signer, redemption_id: int, entry: LedgerEntry) -> TxReceipt:
        """Burn an accepted redemption for the entry by which the bank booked its payout."""
        return self._chain.send(
            minter, self._token.functions.settleRedemption(redemption_id, entry.id)
        )

    def reject(self, payout_officer: Signer, redemption_id: int, reason: str) -> TxReceipt:
        """Refuse a request, or end an accepted one whose payout failed; the lock is gone.

        `reason` is a code of four capital letters or digits, such as ISO 20022's `AC04` (closed
        account number). Raises InputError for another.
        """
        if not _REASON.fullmatch(reason):
            raise InputError("reason", reason, "four capital letters or digits, such as AC04")
        function = self._token.functions.rejectRedemption
        return self._chain.send(payout_officer, function(redemption_id, reason.encode()))

    def _number_in(self, receipt: TxReceipt) -> int:
        """The number of the redemption that a transaction has requested."""
        (event,) = emitted(self._token, "RedemptionRequested", receipt)
        return int(event["id"])


def _require_wish(amount: int, payout_reference: bytes) -> None:
    if type(amount) is not int or not 0 < amount < 2**128:
        raise InputError("amount", amount, "an integer from 1 to 2^128 - 1")
    _require_32_bytes("payout reference", payout_reference)


def _require_32_bytes(field: str, value: bytes) -> None:
    if not isinstance(value, bytes) or len(value) != 32:
        raise InputError(field, value, "32 bytes")
