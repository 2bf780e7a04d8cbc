"""ERC-3009, Transfer With Authorization (draft).

Its functions took the signature as v, r and s until the text of 2025, and take it as bytes since:
the token has both forms, and every clause is asked of both. The text is not meant for contract
accounts; the token also takes what their ERC-1271 function accepts.
"""

from eth_abi.abi import encode
from web3 import Web3

from tests.conformance.bank_under_test import ZERO, Bank, Event, clause, digest, split
from tests.scene import FAR

FIELDS = (
    "(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
TRANSFER, RECEIVE = f"TransferWithAuthorization{FIELDS}", f"ReceiveWithAuthorization{FIELDS}"
CANCEL = "CancelAuthorization(address authorizer,bytes32 nonce)"
TERMS = "address,address,uint256,uint256,uint256,bytes32"
FORMS = ("uint8,bytes32,bytes32", "bytes")
NAMES = {TRANSFER: "transferWithAuthorization", RECEIVE: "receiveWithAuthorization"}
USED = "AuthorizationUsed(address indexed,bytes32 indexed)"
CANCELED = "AuthorizationCanceled(address indexed,bytes32 indexed)"
MOVED = "Transfer(address indexed,address indexed,uint256)"
INVALID = "ERC3009InvalidSignature()"
UNTIMELY = "ERC3009InvalidAuthorizationTime(uint256,uint256)"
SPENT = "ERC3009UsedAuthorization(address,bytes32)"
NOT_PAYEE = "CallerNotPayee(address,address)"


def number(value: int) -> bytes:
    """A nonce."""
    return value.to_bytes(32)


def parts(form: str, signature: bytes) -> tuple:
    return (signature,) if form == "bytes" else split(signature)


def pay(bank: Bank, type_: str, form: str, nonce: int, after=0, before=FAR, value=5, signed=""):
    """A function and its arguments: the holder pays the payee; `signed` as another type."""
    terms = (bank.holder.address, bank.payee.address, value, after, before, number(nonce))
    signature = bank.sign(bank.holder, signed or type_, *terms)
    return f"{NAMES[type_]}({TERMS},{form})", *terms, *parts(form, signature)


def cancel(bank: Bank, form: str, nonce: int, signer=None):
    """A function and its arguments: the holder's authorization is made void."""
    terms = (bank.holder.address, number(nonce))
    signature = bank.sign(signer or bank.holder, CANCEL, *terms)
    return f"cancelAuthorization(address,bytes32,{form})", *terms, *parts(form, signature)


def each_way():
    """Every function that pays, in each form, with a nonce of its own."""
    ways = [(type_, form) for type_ in NAMES for form in FORMS]
    return [(type_, form, nonce) for nonce, (type_, form) in enumerate(ways)]


def used(bank: Bank, nonce: int) -> bool:
    function = "authorizationState(address,bytes32) -> (bool)"
    return bank.ask(function, bank.holder.address, number(nonce))


@clause("Event", "the three type hashes, as constants")
def test_hashes_are_of_the_text(bank: Bank) -> None:
    published = {
        TRANSFER: "7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267",
        RECEIVE: "d099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de8",
        CANCEL: "158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a1597429",
    }
    getters = ("TRANSFER_WITH", "RECEIVE_WITH", "CANCEL")
    for (text, expected), getter in zip(published.items(), getters, strict=True):
        assert Web3.keccak(text=text).hex() == expected
        found = bank.ask(f"{getter}_AUTHORIZATION_TYPEHASH() -> (bytes32)")
        assert found.hex() == expected


@clause("Event", "_RECEIVE_WITH_AUTHORIZATION_SELECTOR = 0xef55bec6")
def test_selectors_are_of_the_text(bank: Bank) -> None:
    found = Web3.keccak(text=f"receiveWithAuthorization({TERMS},{FORMS[0]})")[:4]
    assert found.hex() == "ef55bec6"
    # The token knows it: it refuses by name.
    refusal = bank.refused(bank.stranger, *pay(bank, RECEIVE, FORMS[0], 0))
    assert refusal == (NOT_PAYEE, (bank.stranger.address, bank.payee.address))


@clause("Event", "Digest := Keccak256(0x1901 ‖ ...)")
def test_digest_is_of_the_text(bank: Bank) -> None:
    values = (bank.holder.address, bank.payee.address, 5, 0, FAR, number(0))
    for type_ in NAMES:
        encoded = encode(["bytes32", *TERMS.split(",")], [Web3.keccak(text=type_), *values])
        separator = bank.ask("DOMAIN_SEPARATOR() -> (bytes32)")
        expected = bytes(Web3.keccak(b"\x19\x01" + separator + Web3.keccak(encoded)))
        assert digest(bank.message(type_, *values)) == expected


@clause("Event", "execute a transfer with a signed authorization")
def test_moves_and_fires(bank: Bank) -> None:
    for type_, form, nonce in each_way():
        receipt = bank.send(bank.payee, *pay(bank, type_, form, nonce))
        assert bank.events(receipt, USED, MOVED) == [
            Event("AuthorizationUsed", (bank.holder.address, number(nonce))),
            Event("Transfer", (bank.holder.address, bank.payee.address, 5)),
        ]
        assert bank.balance(bank.payee) == 5 * (nonce + 1)


@clause("Abstract", "ERC-20's transfers of 0 are transfers")
def test_moves_nothing_and_fires(bank: Bank) -> None:
    for type_, form, nonce in each_way():
        receipt = bank.send(bank.payee, *pay(bank, type_, form, nonce, value=0))
        assert len(bank.events(receipt, USED, MOVED)) == 2


@clause("Event", "authorizationState: true if the nonce is used")
def test_state_tells_of_use(bank: Bank) -> None:
    for type_, form, nonce in each_way():
        assert used(bank, nonce) is False
        bank.send(bank.payee, *pay(bank, type_, form, nonce))
        assert used(bank, nonce) is True


@clause("Abstract", "delegate the gas payment to someone else")
def test_anybody_brings_a_transfer(bank: Bank) -> None:
    for form in FORMS:
        bank.send(bank.stranger, *pay(bank, TRANSFER, form, len(form)))
    assert bank.balance(bank.payee) == 10


@clause("Event", "receiveWithAuthorization: the payee's address matches the caller")
def test_the_payee_brings_a_receipt(bank: Bank) -> None:
    for form in FORMS:
        found = bank.refused(bank.stranger, *pay(bank, RECEIVE, form, 0))
        assert found == (NOT_PAYEE, (bank.stranger.address, bank.payee.address))
    assert used(bank, 0) is False


@clause("Event", "validAfter: the time after which this is valid")
def test_begins_after_valid_after(bank: Bank) -> None:
    for type_, form, nonce in each_way():
        after = bank.soon
        act = pay(bank, type_, form, nonce, after=after)
        assert bank.refused(bank.payee, *act, at=after) == (UNTIMELY, (after, FAR))
        bank.send(bank.payee, *act, at=after + 1)
        assert used(bank, nonce)


@clause("Event", "validBefore: the time before which this is valid")
def test_ends_at_valid_before(bank: Bank) -> None:
    for type_, form, nonce in each_way():
        before = bank.soon
        bank.send(bank.payee, *pay(bank, type_, form, nonce, before=before), at=before - 1)
        late = pay(bank, type_, form, 100 + nonce, before=before)
        assert bank.refused(bank.payee, *late, at=before) == (UNTIMELY, (0, before))
        assert not used(bank, 100 + nonce)


@clause("Event", "nonce: unique nonce")
def test_nonce_counts_once(bank: Bank) -> None:
    for type_, form, nonce in each_way():
        act = pay(bank, type_, form, nonce)
        bank.send(bank.payee, *act)
        found = bank.refused(bank.payee, *act)
        assert found == (SPENT, (bank.holder.address, number(nonce)))
        # In the other types and forms neither.
        for other, other_form, _ in each_way():
            again = bank.refused(bank.payee, *pay(bank, other, other_form, nonce))
            assert again.signature == SPENT
    assert bank.balance(bank.payee) == 20


@clause("Rationale", "unique random nonce, instead of sequential nonce")
def test_nonces_have_no_order(bank: Bank) -> None:
    for nonce in (2**256 - 1, 0, 2**255, 1):
        bank.send(bank.stranger, *pay(bank, TRANSFER, "bytes", nonce))
    assert bank.balance(bank.payee) == 20


@clause("Event", "unique to the authorizer's address")
def test_nonces_are_the_authorizers_own(bank: Bank) -> None:
    bank.send(bank.stranger, *pay(bank, TRANSFER, "bytes", 7))
    terms = (bank.payee.address, bank.holder.address, 5, 0, FAR, number(7))
    signature = bank.sign(bank.payee, TRANSFER, *terms)
    bank.send(bank.stranger, f"transferWithAuthorization({TERMS},bytes)", *terms, signature)
    assert bank.balance(bank.payee) == 0


@clause("Event", "signature: payer's signature")
def test_is_the_payers_signature(bank: Bank) -> None:
    for type_, form, nonce in each_way():
        function, payer, payee, *terms = pay(bank, type_, form, nonce)
        # The payee's signature in the payer's name, by exchanging who pays.
        arguments = (function, payee, payer, *terms)
        assert bank.refused(bank.holder, *arguments).signature == INVALID


@clause("Event", "from: payer's address (authorizer)")
def test_nobody_is_no_payer(bank: Bank) -> None:
    # Neither is a key that recovers to the zero address, which a signature without one does.
    nothing, garbage = split(bytes(64) + b"\x1b"), split(b"\xff" * 64 + b"\x1b")
    for signature in (nothing, garbage):
        v, r, s = signature
        for form, given in zip(FORMS, ((v, r, s), (r + s + bytes([v]),)), strict=True):
            for name in NAMES.values():
                for value in (0, 5):
                    terms = (ZERO, bank.payee.address, value, 0, FAR, number(0))
                    found = bank.refused(bank.payee, f"{name}({TERMS},{form})", *terms, *given)
                    assert found.signature == INVALID
            function = f"cancelAuthorization(address,bytes32,{form})"
            assert bank.refused(bank.payee, function, ZERO, number(0), *given).signature == INVALID
    assert bank.ask("authorizationState(address,bytes32) -> (bool)", ZERO, number(0)) is False


@clause("Event", "one type hash for each function")
def test_is_of_its_own_type(bank: Bank) -> None:
    for type_, other in ((TRANSFER, RECEIVE), (RECEIVE, TRANSFER)):
        for form in FORMS:
            act = pay(bank, type_, form, 0, signed=other)
            assert bank.refused(bank.payee, *act).signature == INVALID


@clause("Event, optional", "attempt to cancel an authorization")
def test_cancels_and_fires(bank: Bank) -> None:
    for nonce, form in enumerate(FORMS):
        receipt = bank.send(bank.stranger, *cancel(bank, form, nonce))
        assert bank.events(receipt, USED, CANCELED, MOVED) == [
            Event("AuthorizationCanceled", (bank.holder.address, number(nonce)))
        ]
        assert used(bank, nonce) is True
        for type_ in NAMES:
            found = bank.refused(bank.payee, *pay(bank, type_, form, nonce))
            assert found == (SPENT, (bank.holder.address, number(nonce)))


@clause("Event, optional", "attempt: not one that was used")
def test_cancels_only_what_is_unused(bank: Bank) -> None:
    for nonce, form in enumerate(FORMS):
        bank.send(bank.payee, *pay(bank, TRANSFER, form, nonce))
        found = bank.refused(bank.holder, *cancel(bank, form, nonce))
        assert found == (SPENT, (bank.holder.address, number(nonce)))


@clause("Event, optional", "signature: authorizer's signature")
def test_is_canceled_by_the_authorizer(bank: Bank) -> None:
    for form in FORMS:
        act = cancel(bank, form, 0, signer=bank.stranger)
        assert bank.refused(bank.stranger, *act).signature == INVALID
    assert used(bank, 0) is False
