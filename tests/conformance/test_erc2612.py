"""ERC-2612, Permit Extension (final)."""

from eth_abi.abi import encode
from eth_account.messages import encode_typed_data
from web3 import Web3

from tests.conformance.bank_under_test import ZERO, Bank, Event, clause, digest, split
from tests.scene import FAR

PERMIT = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
FUNCTION = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"
APPROVAL = "Approval(address indexed,address indexed,uint256)"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of the curve secp256k1."""
INVALID = "ERC2612InvalidSigner(address,address)"
LATE = "ERC2612ExpiredSignature(uint256)"


IN_BYTES = "permit(address,address,uint256,uint256,bytes)"


PLACE = "Specification"


def permit(bank: Bank, value: int = 5, nonce: int = 0, deadline: int = FAR, signer=None):
    """The arguments of a permit of the holder's for the payee, signed by the holder or another."""
    terms = (bank.holder.address, bank.payee.address, value)
    signature = bank.sign(signer or bank.holder, PERMIT, *terms, nonce, deadline)
    return (*terms, deadline, *split(signature))


def allowance(bank: Bank) -> int:
    function = "allowance(address,address) -> (uint256)"
    return bank.ask(function, bank.holder.address, bank.payee.address)


def nonce(bank: Bank) -> int:
    return bank.ask("nonces(address) -> (uint256)", bank.holder.address)


def untouched(bank: Bank) -> bool:
    return (allowance(bank), nonce(bank)) == (0, 0)


@clause(PLACE, "sets the allowance, increments the nonce by 1 and emits Approval")
def test_sets_allowance_nonce_and_fires(bank: Bank) -> None:
    for number, value in enumerate((5, 2**256 - 1, 0)):
        receipt = bank.send(bank.stranger, FUNCTION, *permit(bank, value, number))
        parties = (bank.holder.address, bank.payee.address)
        assert bank.events(receipt, APPROVAL) == [Event("Approval", (*parties, value))]
        assert (allowance(bank), nonce(bank)) == (value, number + 1)


@clause(PLACE, "the allowance is that of ERC-20")
def test_allowance_can_be_spent(bank: Bank) -> None:
    bank.send(bank.stranger, FUNCTION, *permit(bank))
    function = "transferFrom(address,address,uint256)"
    bank.send(bank.payee, function, bank.holder.address, bank.payee.address, 5)
    assert bank.balance(bank.payee) == 5


@clause(PLACE, "the caller of the permit function can be any address")
def test_anybody_brings_it(bank: Bank) -> None:
    for number, key in enumerate((bank.holder, bank.payee, bank.stranger)):
        bank.send(key, FUNCTION, *permit(bank, number, number))
        assert allowance(bank) == number


@clause(PLACE, "the blocktime is less than or equal to deadline")
def test_holds_at_its_deadline(bank: Bank) -> None:
    deadline = bank.soon
    bank.send(bank.stranger, FUNCTION, *permit(bank, deadline=deadline), at=deadline)
    assert allowance(bank) == 5


@clause(PLACE, "otherwise permit must revert")
def test_ends_after_its_deadline(bank: Bank) -> None:
    deadline = bank.soon
    terms = permit(bank, deadline=deadline)
    assert bank.refused(bank.stranger, FUNCTION, *terms, at=deadline + 1) == (LATE, (deadline,))
    assert untouched(bank)


@clause("Rationale", "a deadline of uint(-1) effectively never expires")
def test_never_ends(bank: Bank) -> None:
    bank.send(bank.stranger, FUNCTION, *permit(bank, deadline=2**256 - 1))
    assert allowance(bank) == 5


@clause(PLACE, "owner is not the zero address")
def test_owner_is_not_zero(bank: Bank) -> None:
    # Recovers to zero, as bytes that are no signature do.
    terms = (ZERO, bank.payee.address, 5, FAR, 27, bytes(32), bytes(32))
    assert bank.refused(bank.stranger, FUNCTION, *terms) == (INVALID, (ZERO, ZERO))
    function = "allowance(address,address) -> (uint256)"
    assert bank.ask(function, ZERO, bank.payee.address) == 0


@clause(PLACE, "nonces[owner] is equal to nonce: not below")
def test_counts_once(bank: Bank) -> None:
    terms = permit(bank)
    bank.send(bank.stranger, FUNCTION, *terms)
    assert bank.refused(bank.stranger, FUNCTION, *terms).signature == INVALID
    assert nonce(bank) == 1


@clause(PLACE, "nonces[owner] is equal to nonce: not above")
def test_counts_in_order(bank: Bank) -> None:
    assert bank.refused(bank.stranger, FUNCTION, *permit(bank, nonce=1)).signature == INVALID
    assert untouched(bank)


@clause(PLACE, "a valid secp256k1 signature from owner")
def test_is_the_owners(bank: Bank) -> None:
    terms = permit(bank, signer=bank.payee)
    found = bank.refused(bank.stranger, FUNCTION, *terms)
    assert found == (INVALID, (bank.payee.address, bank.holder.address))
    assert untouched(bank)


@clause(PLACE, "of the message with these terms")
def test_binds_every_term(bank: Bank) -> None:
    terms = permit(bank)
    changed = (bank.payee.address, bank.stranger.address, 6, FAR + 1)
    for place, value in enumerate(changed):
        other = (*terms[:place], value, *terms[place + 1 :])
        assert bank.refused(bank.stranger, FUNCTION, *other).signature == INVALID
    assert untouched(bank)


@clause(PLACE, "a valid secp256k1 signature: s in the lower half")
def test_has_one_signature(bank: Bank) -> None:
    *terms, v, r, s = permit(bank)
    upper = (ORDER - int.from_bytes(s)).to_bytes(32)
    found = bank.refused(bank.stranger, FUNCTION, *terms, 55 - v, r, upper)
    assert found == (INVALID, (ZERO, bank.holder.address))


@clause(PLACE, "keccak256(hex'1901', DOMAIN_SEPARATOR, ...)")
def test_hash_is_of_the_text(bank: Bank) -> None:
    values = (bank.holder.address, bank.payee.address, 5, 0, FAR)
    type_hash = Web3.keccak(text=PERMIT)
    types = ["bytes32", "address", "address", "uint256", "uint256", "uint256"]
    struct_hash = Web3.keccak(encode(types, [type_hash, *values]))
    separator = bank.ask("DOMAIN_SEPARATOR() -> (bytes32)")
    expected = bytes(Web3.keccak(b"\x19\x01" + separator + struct_hash))
    assert digest(bank.message(PERMIT, *values)) == expected
    assert bank.ask("PERMIT_TYPEHASH() -> (bytes32)") == bytes(type_hash)


def in_bytes(bank: Bank, owner: str, signature: bytes):
    """The arguments of a permit of 5 by an owner for the payee."""
    return owner, bank.payee.address, 5, FAR, signature


@clause(
    PLACE,
    "the signature as v, r and s",
    departs="a second permit takes it as bytes, beside the standard's",
)
def test_bytes_are_taken_too(bank: Bank) -> None:
    values = (bank.holder.address, bank.payee.address, 5, 0, FAR)
    signature = bank.sign(bank.holder, PERMIT, *values)
    for shape in (b"", signature[:64], signature + b"\0"):
        found = bank.refused(bank.stranger, IN_BYTES, *in_bytes(bank, bank.holder.address, shape))
        assert found == (INVALID, (ZERO, bank.holder.address))
    terms = in_bytes(bank, bank.holder.address, signature)
    receipt = bank.send(bank.stranger, IN_BYTES, *terms)
    assert bank.events(receipt, APPROVAL) == [Event("Approval", values[:3])]
    assert (allowance(bank), nonce(bank)) == (5, 1)
    assert bank.refused(bank.stranger, IN_BYTES, *terms).signature == INVALID


@clause(
    PLACE,
    "a valid secp256k1 signature from owner",
    departs="a contract has none: both forms ask its ERC-1271 function, the second with "
    "signatures of any length",
)
def test_contract_of_three_owners_signs(bank: Bank) -> None:
    owners = (bank.holder, bank.payee, bank.stranger)
    wallet = bank.shared_wallet(*owners)
    signatures = [bank.sign(key, PERMIT, wallet, bank.payee.address, 5, 0, FAR) for key in owners]
    too_few = in_bytes(bank, wallet, b"".join(signatures[:2]))
    assert bank.refused(bank.stranger, IN_BYTES, *too_few) == (INVALID, (ZERO, wallet))
    bank.send(bank.stranger, IN_BYTES, *in_bytes(bank, wallet, b"".join(signatures)))
    function = "allowance(address,address) -> (uint256)"
    assert bank.ask(function, wallet, bank.payee.address) == 5


@clause(PLACE, "DOMAIN_SEPARATOR, commonly: of name(), version, chain and contract")
def test_domain_is_of_name_and_version(bank: Bank) -> None:
    """As clients build it that do not know ERC-5267: x402's, and most permit helpers."""
    name, version = bank.ask("name() -> (string)"), bank.ask("version() -> (string)")
    assert version == "1"
    fields = [part.split(" ") for part in PERMIT.removeprefix("Permit(").rstrip(")").split(",")]
    values = (bank.holder.address, bank.payee.address, 5, 0, FAR)
    message = encode_typed_data(
        domain_data={
            "name": name,
            "version": version,
            "chainId": bank.chain.chain_id,
            "verifyingContract": bank.token,
        },
        message_types={"Permit": [{"type": kind, "name": field} for kind, field in fields]},
        message_data={field: value for (_, field), value in zip(fields, values, strict=True)},
    )
    signature = bytes(bank.holder.sign_message(message).signature)
    bank.send(bank.stranger, FUNCTION, *values[:3], FAR, *split(signature))
    assert allowance(bank) == 5


@clause(PLACE, "DOMAIN_SEPARATOR: unique to the contract and chain, commonly with the token's name")
def test_separator_is_of_contract_and_chain(bank: Bank) -> None:
    fields = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    values = [
        Web3.keccak(text=fields),
        Web3.keccak(text="Rhein Euro"),
        Web3.keccak(text="1"),
        bank.chain.chain_id,
        bank.token,
    ]
    encoded = encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], values)
    assert bank.ask("DOMAIN_SEPARATOR() -> (bytes32)") == bytes(Web3.keccak(encoded))
    assert bank.ask("name() -> (string)") == "Rhein Euro"


@clause(
    PLACE,
    "for all addresses spender",
    departs="ERC-6093 recommends to disallow an approval of the zero address",
)
def test_zero_is_no_spender(bank: Bank) -> None:
    terms = (bank.holder.address, ZERO, 5)
    signature = bank.sign(bank.holder, PERMIT, *terms, 0, FAR)
    found = bank.refused(bank.stranger, FUNCTION, *terms, FAR, *split(signature))
    assert found == ("ERC20InvalidSpender(address)", (ZERO,))
