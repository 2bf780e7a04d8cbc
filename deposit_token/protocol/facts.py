"""What is known of a refused act beside the contract's error, so that a person understands it."""

from datetime import UTC, datetime

from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from deposit_token.chain.chain import Chain
from deposit_token.chain.refusals import ContractError
from deposit_token.chain.sentences import Facts
from deposit_token.errors import DepositTokenError
from deposit_token.protocol.acts import BANK, Act
from deposit_token.protocol.participants import review_end
from deposit_token.protocol.payment import Payment
from deposit_token.values.fields import ADDRESS_ZERO
from deposit_token.values.money import Currency

_PARTIES = {
    "payer": "the payer",
    "merchant": "the merchant",
    "operator": "the operator",
    "dealer": "the dealer",
    "arbiter": "the arbiter",
    "fee_receiver": "the fee receiver",
    "source_token": "the payer's token",
    "target_token": "the merchant's token",
}

_ABOUT_STANDING = {"ERC7943CannotSend", "ERC7943CannotReceive", "NotDealer"}
"""Errors that tell of an `account` no more than that it may not."""


def currency_of(chain: Chain, token: str) -> Currency:
    """A deposit token's currency, with the decimals that the token counts in.

    Raises InputError for an address without checksum or a currency that is none, NoContract if no
    token answers there.
    """
    functions = chain.contract("DepositToken", token).functions
    code = chain.call(functions.currency()).decode("ascii", "replace")
    currency = Currency.of(code)
    return Currency(code, currency.numeric, chain.call(functions.decimals()))


def facts_of(chain: Chain, escrow: str, act: Act, found: ContractError) -> Facts:
    """What is known of an act of the escrow that was refused so: who is who, how who may not take
    part stands at its bank, which currencies the amounts are in, and who signed.
    """
    names = {escrow: "the escrow"}
    if act.payment is not None:
        names |= {getattr(act.payment, field): name for field, name in reversed(_PARTIES.items())}
        names.pop(ADDRESS_ZERO, None)
    try:
        if act.payment is None:
            return _facts_of_token(chain, names, act.arguments[0])
        return _facts_of_payment(chain, names, act, act.payment, found)
    except DepositTokenError:
        # The refusal is told all the same: it may be that a token is none and answers nothing.
        return Facts(names=names)


def _facts_of_token(chain: Chain, names: dict[str, str], token: str) -> Facts:
    currency = currency_of(chain, token)
    return Facts(names=names, currencies={token: currency}, source=currency)


def _facts_of_payment(
    chain: Chain, names: dict[str, str], act: Act, payment: Payment, found: ContractError
) -> Facts:
    source = currency_of(chain, payment.source_token)
    target = currency_of(chain, payment.target_token)
    return Facts(
        names=names,
        standings=_standings(chain, payment, found),
        currencies={payment.source_token: source, payment.target_token: target},
        source=source,
        target=target,
        by_holder={payment.fee_receiver: target, payment.merchant: target, payment.payer: source},
        zones=_zones(chain, payment, found),
        hints=_hints(act, found),
    )


def _standings(chain: Chain, payment: Payment, found: ContractError) -> dict[str, str]:
    if found.name not in _ABOUT_STANDING:
        return {}
    account = found.arguments["account"]
    tokens = [payment.source_token, payment.target_token]
    if account == payment.payer:
        tokens.pop()
    elif account != payment.dealer:
        tokens.pop(0)
    told = [standing(chain, token, account) for token in dict.fromkeys(tokens)]
    return {account: ", and ".join(dict.fromkeys(told))}


def _zones(chain: Chain, payment: Payment, found: ContractError) -> dict[int, str]:
    """Why a payer is in no zone: one that is unknown has no country either."""
    if found.name != "CorridorClosed" or found.arguments["fromZone"]:
        return {}
    told = standing(chain, payment.source_token, payment.payer)
    return {0: f"a country without a zone (the payer {payment.payer}: {told})"}


def _hints(act: Act, found: ContractError) -> dict[str, str]:
    """Who made the signature that was given for somebody's."""
    if found.name != "InvalidSignature":
        return {}
    signer, digest = found.arguments["signer"], found.arguments["digest"]
    signature = act.signatures.get(signer, act.signatures.get(BANK, b""))
    if not signature:
        return {signer: "none was given"}
    by = signer_of(digest, signature)
    made = f"by {by}, or for something else" if by else "no key's"
    return {signer: f"what was given is {made}"}


def standing(chain: Chain, token: str, account: str) -> str:
    """How an account stands at a token's bank, in a few words.

    Raises as `Chain.call`.
    """
    registry_address = chain.call(chain.contract("DepositToken", token).functions.registry())
    registry = chain.contract("AllowlistRegistry", registry_address).functions
    record = chain.call(registry.participantOf(account))
    valid_until = review_end(record)
    if chain.call(registry.isBlocked(account)):
        return "it is under a legal block"
    if not record:
        return "it is not registered at the bank"
    if not valid_until:
        return "its registration was revoked"
    if valid_until <= chain.now():
        day = datetime.fromtimestamp(valid_until, UTC)
        return f"its review has lapsed on {day:%Y-%m-%d %H:%M:%S} UTC"
    return "it is in good standing by now"


def signer_of(digest: bytes, signature: bytes) -> str | None:
    """The address whose key made a signature of 65 bytes; None if no key did, as for a contract's.

    >>> signer_of(bytes(32), bytes(65)) is None
    True
    """
    try:
        v = signature[64] - 27
        vrs = (v, int.from_bytes(signature[:32]), int.from_bytes(signature[32:64]))
        return str(
            Signature(vrs=vrs).recover_public_key_from_msg_hash(digest).to_checksum_address()
        )
    except (BadSignature, ValidationError, IndexError, ValueError):
        return None
