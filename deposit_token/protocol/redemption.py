"""Redemption: holders ask for their deposits to be paid out; the bank pays and burns them.

A holder asks (`request`, or `sign_request` and anyone's `request_with_signature`), which locks the
amount in its own balance. The bank's payout officer accepts; once that is final
(`Chain.is_final`), the bank pays out over its own rails, and a minter settles with the ledger entry
of that payout. Until it is accepted the holder may cancel; until it is settled the payout officer
may reject.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from deposit_token.chain.chain import Chain, Signer
from deposit_token.chain.logs import emitted
from deposit_token.protocol.consents import Consent, in_the_form_to_send
from deposit_token.protocol.contracts import token_at
from deposit_token.protocol.entries import LedgerEntry
from deposit_token.protocol.messages import RedemptionAmount, RedemptionRequest
from deposit_token.protocol.sending import send_to_bank
from deposit_token.protocol.signatures import MessageSigner, Signature, sign
from deposit_token.protocol.structs import Domain
from deposit_token.values.enumerations import RedemptionStatus
from deposit_token.values.fields import Address, Bytes32, TextKind, Uint256, checked

if TYPE_CHECKING:
    from web3.types import TxReceipt

Reason = Annotated[str, TextKind("[A-Z0-9]{4}", "four capital letters or digits, such as AC04")]


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


class Redemptions:
    """The redemptions of one token on one chain.

    What is refused raises Reverted with the contract's own error, an address without checksum
    InputError, and one at which no token answers NoContract.
    """

    @checked
    def __init__(self, chain: Chain, token: Address) -> None:
        self._chain = chain
        self._token = token_at(chain, token)
        self.domain = Domain.token(chain, token)

    # Reading

    @checked
    def find(self, redemption_id: Uint256) -> Redemption:
        """One redemption; its status is NONE if the number was never given."""
        found = self._chain.call(self._token.functions.redemptionOf(redemption_id))
        holder, status, amount, payout_reference = found
        return Redemption(redemption_id, holder, RedemptionStatus(status), amount, payout_reference)

    @checked
    def open_of(self, holder: Address) -> list[Redemption]:
        """A holder's redemptions that are requested or accepted, by their numbers."""
        ids = self._chain.call(self._token.functions.openRedemptionsOf(holder))
        return [self.find(redemption_id) for redemption_id in sorted(ids)]

    # The holder's acts

    @checked
    def request(
        self, holder: Signer, amount: RedemptionAmount, payout_reference: Bytes32
    ) -> "tuple[TxReceipt, int]":
        """Ask for `amount` minor units to be paid out, and lock them; gives the redemption's number
        beside the receipt.

        `payout_reference` is 32 bytes that name the payout instruction. Raises InputError as
        `RedemptionRequest`.
        """
        receipt = send_to_bank(
            self._chain, holder, self._token.functions.requestRedemption(amount, payout_reference)
        )
        return receipt, self._number_in(receipt)

    @checked
    def sign_request(self, holder: MessageSigner, request: RedemptionRequest) -> bytes:
        """The holder's consent to `request_with_signature`.

        Until that is sent, `cancelAuthorization` of the nonce at the token makes it void.
        """
        return sign(holder, request, self.domain)

    @checked
    def request_with_signature(
        self, sender: Signer, request: RedemptionRequest, signature: Signature
    ) -> "tuple[TxReceipt, int]":
        """The same as `request` by the holder's signature; anyone may bring it."""
        holder = request.holder
        consent = Consent("holder", holder, signature, lambda _: request)
        digest = request.digest(self.domain)
        sent = in_the_form_to_send(self._chain, consent, holder, digest, holder.__eq__)
        function = self._token.functions.requestRedemptionWithSignature
        receipt = send_to_bank(self._chain, sender, function(*request.as_tuple(), sent))
        return receipt, self._number_in(receipt)

    @checked
    def cancel(self, holder: Signer, redemption_id: Uint256) -> "TxReceipt":
        """Take a request back that the bank has not accepted."""
        return send_to_bank(
            self._chain, holder, self._token.functions.cancelRedemption(redemption_id)
        )

    # The bank's acts

    @checked
    def accept(self, payout_officer: Signer, redemption_id: Uint256) -> "TxReceipt":
        """End the holder's right to cancel.

        The bank pays out only when `Chain.is_final` says so of the receipt: a reorganisation of the
        chain before may undo the acceptance, and the holder's cancel come first.
        """
        return send_to_bank(
            self._chain, payout_officer, self._token.functions.acceptRedemption(redemption_id)
        )

    @checked
    def settle(self, minter: Signer, redemption_id: Uint256, entry: LedgerEntry) -> "TxReceipt":
        """Burn an accepted redemption for the entry by which the bank booked its payout."""
        return send_to_bank(
            self._chain, minter, self._token.functions.settleRedemption(redemption_id, entry.id)
        )

    @checked
    def reject(self, payout_officer: Signer, redemption_id: Uint256, reason: Reason) -> "TxReceipt":
        """Refuse a request, or end an accepted one whose payout failed; the lock is gone.

        `reason` is a code of four capital letters or digits, such as ISO 20022's `AC04` (closed
        account number). Raises InputError for another.
        """
        function = self._token.functions.rejectRedemption
        return send_to_bank(self._chain, payout_officer, function(redemption_id, reason.encode()))

    def _number_in(self, receipt: "TxReceipt") -> int:
        """The number of the redemption that a transaction has requested."""
        (event,) = emitted(self._token, "RedemptionRequested", receipt)
        return int(event["id"])
