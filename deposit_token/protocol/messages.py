"""EIP-712 messages: what banks, dealers and their customers sign instead of transactions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

if TYPE_CHECKING:
    from deposit_token.chain.chain import Chain

_DOMAIN_FIELDS = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
}
_AUTHORIZATION_FIELDS = {
    "from": "address",
    "to": "address",
    "value": "uint256",
    "validAfter": "uint256",
    "validBefore": "uint256",
    "nonce": "bytes32",
}


@dataclass(frozen=True)
class Domain:
    """The contract on one chain that a signature is meant for; no other accepts it (EIP-712)."""

    name: str
    version: str
    chain_id: int
    verifying_contract: str

    @classmethod
    def token(cls, chain: "Chain", address: str) -> Self:
        """The domain of a deposit token: its own name and version, which the token is asked for.

        Chain and contract are those that are meant, whatever a token says of itself (ERC-5267).
        Raises InputError for an address without checksum, NoContract if no token answers there.
        """
        token = chain.contract("DepositToken", address)
        _, name, version, *_ = chain.call(token.functions.eip712Domain())
        return cls(name, version, chain.chain_id, address)

    @classmethod
    def escrow(cls, chain_id: int, address: str) -> Self:
        """The domain of a settlement escrow."""
        return cls("SettlementEscrow", "1", chain_id, address)

    def message(
        self, primary_type: str, fields: Mapping[str, str], values: Mapping[str, Any]
    ) -> SignableMessage:
        """A message of one flat struct: its fields' Solidity types in order, and their values."""
        return encode_typed_data(
            full_message={
                "types": {
                    "EIP712Domain": _members(_DOMAIN_FIELDS),
                    primary_type: _members(fields),
                },
                "primaryType": primary_type,
                "domain": {
                    "name": self.name,
                    "version": self.version,
                    "chainId": self.chain_id,
                    "verifyingContract": self.verifying_contract,
                },
                "message": dict(values),
            }
        )


def permit(
    token: Domain, owner: str, spender: str, value: int, nonce: int, deadline: int
) -> SignableMessage:
    """ERC-2612: `owner` allows `spender` to move `value` minor units.

    `nonce` is the token's `nonces(owner)`; `deadline` is in Unix seconds, inclusive.
    """
    fields = {
        "owner": "address",
        "spender": "address",
        "value": "uint256",
        "nonce": "uint256",
        "deadline": "uint256",
    }
    values = (owner, spender, value, nonce, deadline)
    return token.message("Permit", fields, dict(zip(fields, values, strict=True)))


def transfer_with_authorization(
    token: Domain,
    from_: str,
    to: str,
    value: int,
    valid_after: int,
    valid_before: int,
    nonce: bytes,
) -> SignableMessage:
    """ERC-3009: `from_` pays `to`, whoever sends it.

    `value` is in minor units, the validity in Unix seconds with both ends exclusive, and `nonce`
    is 32 bytes that `from_` has not used before, best drawn at random.
    """
    values = (from_, to, value, valid_after, valid_before, nonce)
    return _authorization(token, "TransferWithAuthorization", values)


def receive_with_authorization(
    token: Domain,
    from_: str,
    to: str,
    value: int,
    valid_after: int,
    valid_before: int,
    nonce: bytes,
) -> SignableMessage:
    """ERC-3009: `from_` pays `to`, which alone can send it; the rest as for a transfer.

    With the escrow as `to`, a payer's nonce is the payment's id and a merchant's the digest of
    the refund quote, so that the one signature agrees to every term.
    """
    values = (from_, to, value, valid_after, valid_before, nonce)
    return _authorization(token, "ReceiveWithAuthorization", values)


def cancel_authorization(token: Domain, authorizer: str, nonce: bytes) -> SignableMessage:
    """ERC-3009: makes an authorization void that was not used yet."""
    fields = {"authorizer": "address", "nonce": "bytes32"}
    return token.message("CancelAuthorization", fields, {"authorizer": authorizer, "nonce": nonce})


def redemption_request(
    token: Domain,
    holder: str,
    amount: int,
    payout_reference: bytes,
    nonce: bytes,
    deadline: int,
) -> SignableMessage:
    """A holder asks its bank to pay out `amount` minor units, whoever sends it.

    `payout_reference` is 32 bytes that name the payout instruction, `nonce` is one of the holder's
    ERC-3009 nonces, `deadline` is in Unix seconds, exclusive.
    """
    fields = {
        "holder": "address",
        "amount": "uint256",
        "payoutReference": "bytes32",
        "nonce": "bytes32",
        "deadline": "uint256",
    }
    values = (holder, amount, payout_reference, nonce, deadline)
    return token.message("RedemptionRequest", fields, dict(zip(fields, values, strict=True)))


def payment_approval(escrow: Domain, payment_id: bytes, valid_until: int) -> SignableMessage:
    """A bank's consent to one payment, until a moment in Unix seconds, exclusive."""
    fields = {"paymentId": "bytes32", "validUntil": "uint40"}
    values = {"paymentId": payment_id, "validUntil": valid_until}
    return escrow.message("PaymentApproval", fields, values)


def release(escrow: Domain, payment_id: bytes, deadline: int) -> SignableMessage:
    """A payer lets the merchant have all that is left, until Unix seconds, exclusive."""
    fields = {"paymentId": "bytes32", "deadline": "uint40"}
    values = {"paymentId": payment_id, "deadline": deadline}
    return escrow.message("Release", fields, values)


def digest(message: SignableMessage) -> bytes:
    """The 32 bytes that are signed: keccak256 of 0x19 0x01, domain separator and struct hash.

    >>> owner, spender, token = (f"0x{number:040}" for number in (1, 2, 3))
    >>> domain = Domain("Rhein Euro", "1", 31337, token)
    >>> digest(permit(domain, owner, spender, value=5_00, nonce=0, deadline=2**40)).hex()[:16]
    'b534c19f1c9152d2'
    """
    return keccak(b"\x19" + message.version + message.header + message.body)


def sign(account: LocalAccount, message: SignableMessage) -> bytes:
    """A signature of 65 bytes, r ‖ s ‖ v, as the contracts' `bytes` forms take it.

    >>> from eth_account import Account
    >>> payer = Account.from_key(bytes(31) + b"\\1")
    >>> message = release(Domain.escrow(31337, f"0x{7:040}"), bytes(32), deadline=2**40 - 1)
    >>> signature = sign(payer, message)
    >>> len(signature), Account.recover_message(message, signature=signature) == payer.address
    (65, True)
    """
    return bytes(account.sign_message(message).signature)


def _authorization(token: Domain, name: str, values: tuple[Any, ...]) -> SignableMessage:
    return token.message(
        name, _AUTHORIZATION_FIELDS, dict(zip(_AUTHORIZATION_FIELDS, values, strict=True))
    )


def _members(fields: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": type_} for name, type_ in fields.items()]
