"""ERC-5267, Retrieval of EIP-712 domain (final), and every EIP-712 type of the token and the escrow
in the domain that ERC-5267 publishes, against eth-account's encoding of EIP-712.
"""

from eth_abi.abi import encode
from web3 import Web3

from tests.conformance.bank_under_test import EIP712_DOMAIN, Bank, clause, digest, split
from tests.scene import FAR

DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
WORD = bytes(range(32))
PAYMENT = (
    "Payment(address payer,address merchant,address operator,address dealer,address arbiter,"
    "address feeReceiver,address sourceToken,address targetToken,uint104 sourceAmount,"
    "uint104 targetAmount,uint16 feeBps,uint40 authorizeBy,uint40 captureFrom,uint40 captureBy,"
    "uint40 resolveBy,uint40 refundBy,bytes4 purpose,bytes16 uetr,bytes32 remittanceHash)"
)
QUOTE = (
    "RefundQuote(bytes32 paymentId,uint104 refundedBefore,uint104 sourceAmount,"
    "uint104 targetAmount,address dealer,uint40 deadline)"
)
APPROVAL = "PaymentApproval(bytes32 paymentId,uint40 validUntil)"
RELEASE = "Release(bytes32 paymentId,uint40 deadline)"
REQUEST = (
    "RedemptionRequest(address holder,uint256 amount,bytes32 payoutReference,bytes32 nonce,"
    "uint256 deadline)"
)
GREATEST = {
    "address": "0x" + "ff" * 20,
    "uint16": 2**16 - 1,
    "uint40": 2**40 - 1,
    "uint104": 2**104 - 1,
    "bytes4": WORD[1:5],
    "bytes16": WORD[1:17],
    "bytes32": WORD,
}
"""A value of each type that fills its width, so that a narrower encoding would show."""


def kinds(type_: str) -> list[str]:
    return [member.split(" ")[0] for member in type_.rstrip(")").partition("(")[2].split(",")]


def same_digest(bank: Bank, type_: str, getter: str, struct: bool = False) -> bool:
    """Whether the escrow's own digest of the greatest values is eth-account's."""
    types = ",".join(kinds(type_))
    values = [GREATEST[kind] for kind in kinds(type_)]
    function = f"{getter}(({types}))" if struct else f"{getter}({types})"
    found = bank.ask(f"{function} -> (bytes32)", *values, of=bank.escrow)
    return found == digest(bank.message(type_, *values, of=bank.escrow))


@clause(
    "ERC-5267, Specification",
    "MUST define eip712Domain exactly as declared; all values MUST be returned",
)
def test_all_values_are_returned(bank: Bank) -> None:
    for contract, name in ((bank.token, "Rhein Euro"), (bank.escrow, "SettlementEscrow")):
        found = bank.ask(EIP712_DOMAIN, of=contract)
        expected = (b"\x0f", name, "1", bank.chain.chain_id, contract, bytes(32), ())
        assert found == expected


@clause(
    "ERC-5267, Specification", "MUST describe the domain separator that is used for verification"
)
def test_describes_the_separator(bank: Bank) -> None:
    domain = bank.domain()
    values = [
        Web3.keccak(text=DOMAIN),
        Web3.keccak(text=domain["name"]),
        Web3.keccak(text=domain["version"]),
        domain["chainId"],
        domain["verifyingContract"],
    ]
    encoded = encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], values)
    assert bank.ask("DOMAIN_SEPARATOR() -> (bytes32)") == bytes(Web3.keccak(encoded))


@clause("ERC-5267, Specification", "chainId SHOULD change to mirror the EIP-155 id of the chain")
def test_chain_id_is_the_chains(bank: Bank) -> None:
    before = bank.ask("DOMAIN_SEPARATOR() -> (bytes32)")
    request = bank.chain.web3.provider.make_request
    try:
        request("anvil_setChainId", [4242])
        assert bank.domain()["chainId"] == 4242
        assert bank.domain(of=bank.escrow)["chainId"] == 4242
        assert bank.ask("DOMAIN_SEPARATOR() -> (bytes32)") != before
        assert same_digest(bank, RELEASE, "releaseDigest")
    finally:
        request("anvil_setChainId", [bank.chain.chain_id])


@clause("EIP-712, encodeData", "a payment's id")
def test_payment_id(bank: Bank) -> None:
    assert same_digest(bank, PAYMENT, "paymentId", struct=True)


@clause("EIP-712, encodeData", "a refund quote's digest")
def test_refund_quote(bank: Bank) -> None:
    assert same_digest(bank, QUOTE, "quoteDigest", struct=True)


@clause("EIP-712, encodeData", "a bank's approval")
def test_payment_approval(bank: Bank) -> None:
    assert same_digest(bank, APPROVAL, "approvalDigest")


@clause("EIP-712, encodeData", "a payer's release")
def test_release(bank: Bank) -> None:
    assert same_digest(bank, RELEASE, "releaseDigest")


@clause("EIP-712, encodeData", "a holder's redemption request")
def test_redemption_request(bank: Bank) -> None:
    found = bank.ask("REDEMPTION_REQUEST_TYPEHASH() -> (bytes32)")
    assert found == bytes(Web3.keccak(text=REQUEST))
    terms = (bank.holder.address, 5, WORD, WORD, FAR)
    function = "requestRedemptionWithSignature(address,uint256,bytes32,bytes32,uint256,bytes)"
    bank.send(bank.stranger, function, *terms, bank.sign(bank.holder, REQUEST, *terms))
    assert bank.ask("lockedOf(address) -> (uint256)", bank.holder.address) == 5


@clause("ERC-5267, Specification", "the domain is used for verification")
def test_every_published_hash_verifies(bank: Bank) -> None:
    permit = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    terms = (bank.holder.address, bank.payee.address, 5)
    signature = bank.sign(bank.holder, permit, *terms, 0, FAR)
    function = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"
    bank.send(bank.stranger, function, *terms, FAR, *split(signature))
    spent = bank.ask("nonces(address) -> (uint256)", bank.holder.address)
    assert spent == 1
