"""Signatures in the forms that wallets and hardware give them."""

import pytest
from eth_account import Account
from eth_account.datastructures import SignedMessage

from deposit_token.devchain.keys import account
from deposit_token.protocol.messages import Release, key_signature, read_signature, sign
from deposit_token.protocol.structs import Domain
from tests.refusals import refuses

KEYS = [account(f"signer {number}") for number in range(8)]
RELEASE, DOMAIN = Release(bytes(32), 2**40 - 1), Domain.escrow(31337, f"0x{7:040}")
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def low_v(signature):
    """As a Ledger and many libraries give it."""
    return signature[:64] + bytes([signature[64] - 27])


def compact(signature):
    """By EIP-2098."""
    top = (signature[64] - 27) << 7
    return signature[:32] + bytes([signature[32] | top]) + signature[33:64]


def upper_half(signature):
    """As cloud HSMs give it: the other one of the same key over the same digest."""
    upper = ORDER - int.from_bytes(signature[32:64])
    return signature[:32] + upper.to_bytes(32) + bytes([27 + 28 - signature[64]])


def as_text(signature):
    """As `eth_signTypedData_v4` answers."""
    return f"0x{signature.hex()}"


FORMS = {
    "as it is": lambda signature: signature,
    "text": as_text,
    "capitals": lambda signature: f"0x{signature.hex().upper()}",
    "low v": low_v,
    "compact": compact,
    "compact text": lambda signature: as_text(compact(signature)),
    "upper half": upper_half,
    "upper half with low v": lambda signature: low_v(upper_half(signature)),
}


def test_both_values_of_v_are_tried_here():
    assert {sign(key, RELEASE, DOMAIN)[64] for key in KEYS} == {27, 28}


@pytest.mark.parametrize("key", KEYS, ids=range(8))
@pytest.mark.parametrize("form", FORMS)
def test_every_form_becomes_that_of_the_contracts(key, form):
    signature = sign(key, RELEASE, DOMAIN)
    assert len(signature) == 65
    assert signature[64] in (27, 28)
    recovered = Account._recover_hash(RELEASE.digest(DOMAIN), signature=signature)
    assert recovered == key.address
    assert key_signature(read_signature(FORMS[form](signature))) == signature


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        bytes(65),
        b"\x11" * 63,
        b"\x11" * 64,
        b"\x11" * 64 + b"\x01",
        b"\x11" * 64 + b"\x1f",
        b"\x11" * 64 + b"\x1d",
        bytes(12) + b"\x11" * 20 + bytes(32) + b"\x01",
        b"\x11" * 130,
    ],
    ids=[
        "empty",
        "zeros",
        "short",
        "P-256",
        "low v",
        "eth_sign at a Safe",
        "v 29",
        "approved at a Safe",
        "two",
    ],
)
def test_what_a_contract_may_take_is_left_as_it_is(signature):
    assert read_signature(signature) == signature


@pytest.mark.parametrize("found", [None, 5, "", "11", "0x1", "0xzz", [27]])
def test_what_is_no_signature_is_refused(found):
    with refuses("signature", found, "bytes, or 0x and an even number of hex digits"):
        read_signature(found)


def test_an_account_elsewhere_signs_by_eth_accounts_message():
    """Hardware behind the same two members as a key of this process, with its own v."""

    class Hardware:
        address = KEYS[0].address

        def sign_message(self, signable_message):
            signed = KEYS[0].sign_message(signable_message)
            return SignedMessage(
                signed.message_hash, signed.r, signed.s, signed.v, low_v(signed.signature)
            )

    assert sign(Hardware(), RELEASE, DOMAIN) == sign(KEYS[0], RELEASE, DOMAIN)
