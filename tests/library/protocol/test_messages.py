import json
import re
from dataclasses import replace

import pytest
from web3 import Web3

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.chain import Chain
from deposit_token.chain.refusals import Reverted
from deposit_token.devchain.keys import account
from deposit_token.errors import NoContract
from deposit_token.protocol import messages
from deposit_token.protocol.structs import Domain
from deposit_token.values.enumerations import CustomerCategory
from tests.nodes import rpc
from tests.scene import FAR, SET_UP, Scene

HOLDER, PAYEE = account("holder"), account("payee")
NONCE = bytes(range(32))
FIELDS = "address,address,uint256,uint256,uint256,bytes32"
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture(scope="module")
def opened(node_url):
    """The scene, and a holder of 1,000.00 EUR in it."""
    scene = Scene.open(Chain.connect(node_url))
    scene.rhein.register(CustomerCategory.RETAIL, "DE", HOLDER.address, PAYEE.address)
    scene.rhein.mint(HOLDER.address, 1_000_00, sequence=2)
    scene.chain.send(SET_UP, {"to": PAYEE.address, "value": 10**18})
    return scene


@pytest.fixture
def token(local_chain, opened):
    return local_chain.contract("DepositToken", opened.rhein.first)


@pytest.fixture
def domain(local_chain, token):
    return Domain.token(local_chain, token.address)


@pytest.fixture
def escrow(local_chain, opened):
    return local_chain.contract("SettlementEscrow", opened.settlement.address)


def split(signature):
    return signature[64], signature[:32], signature[32:64]


def inputs(contract, function, form=""):
    """A function's arguments by name, with their types; of several forms the one that ends so."""
    (found,) = (
        [(each["name"], each["type"]) for each in item["inputs"]]
        for item in artifact(contract).abi
        if item["type"] == "function"
        and item["name"] == function
        and ",".join(each["type"] for each in item["inputs"]).endswith(form)
    )
    return found


TO_TOKEN = {
    messages.Permit: (HOLDER.address, PAYEE.address, 2**256 - 1, 0, FAR),
    messages.TransferWithAuthorization: (HOLDER.address, PAYEE.address, 10**30, 5, FAR, NONCE),
    messages.ReceiveWithAuthorization: (HOLDER.address, PAYEE.address, 10**30, 5, FAR, NONCE),
    messages.CancelAuthorization: (HOLDER.address, NONCE),
    messages.RedemptionRequest: (HOLDER.address, 10**30, bytes([7] * 32), NONCE, FAR),
}
"""Every message to a token, with values."""

TO_ESCROW = {messages.Release: "releaseDigest", messages.Approval: "approvalDigest"}
"""The messages to the escrow beside payments and quotes, and what the contract hashes them by."""


class TestDeclarations:
    @pytest.mark.parametrize("message", TO_TOKEN)
    def test_type_hash_is_the_tokens(self, local_chain, token, message):
        getter = re.sub(r"(?<!^)(?=[A-Z])", "_", message.primary_type).upper() + "_TYPEHASH"
        assert message.type_hash() == local_chain.call(token.functions[getter]())

    @pytest.mark.parametrize("message", TO_ESCROW)
    def test_digest_is_the_escrows(self, local_chain, escrow, message):
        domain = Domain.escrow(local_chain.chain_id, escrow.address)
        function = escrow.functions[TO_ESCROW[message]](NONCE, FAR)
        assert message(NONCE, FAR).digest(domain) == local_chain.call(function)

    @pytest.mark.parametrize(
        ("message", "contract", "function"),
        [
            (messages.TransferWithAuthorization, "DepositToken", "transferWithAuthorization"),
            (messages.ReceiveWithAuthorization, "DepositToken", "receiveWithAuthorization"),
            (messages.CancelAuthorization, "DepositToken", "cancelAuthorization"),
            (messages.RedemptionRequest, "DepositToken", "requestRedemptionWithSignature"),
            (messages.Release, "SettlementEscrow", "releaseDigest"),
            (messages.Approval, "SettlementEscrow", "approvalDigest"),
        ],
    )
    def test_fields_are_the_arguments_of_what_takes_them(self, message, contract, function):
        fields = [(each.key, each.kind.solidity) for each in message.members()]
        signature = [] if contract == "SettlementEscrow" else [("signature", "bytes")]
        found = inputs(contract, function, "bytes" if signature else "")
        # The escrow's own word for it there.
        found = [("paymentId" if name == "id" else name, type_) for name, type_ in found]
        assert found == fields + signature

    def test_permit_has_the_arguments_of_permit_and_a_nonce(self):
        fields = [(each.key, each.kind.solidity) for each in messages.Permit.members()]
        fields.remove(("nonce", "uint256"))
        found = inputs("DepositToken", "permit", "uint256,bytes")
        assert found == [*fields, ("signature", "bytes")]

    @pytest.mark.parametrize("message", TO_TOKEN)
    def test_digest_is_over_what_the_token_publishes(self, local_chain, token, domain, message):
        separator = local_chain.call(token.functions.DOMAIN_SEPARATOR())
        types = ["bytes32", *(each.kind.solidity for each in message.members())]
        values = TO_TOKEN[message]
        encoded = local_chain.web3.codec.encode(types, [message.type_hash(), *values])
        expected = Web3.keccak(b"\x19\x01" + separator + Web3.keccak(encoded))
        assert message(*values).digest(domain) == bytes(expected)

    @pytest.mark.parametrize("message", [*TO_TOKEN, *TO_ESCROW])
    def test_wallets_sign_the_same(self, domain, message):
        """eth-account reads the JSON as browsers, Safes and hardware do."""
        struct = message(*TO_TOKEN.get(message, (NONCE, FAR)))
        asked = json.loads(json.dumps(struct.typed_data(domain)))
        signature = HOLDER.sign_typed_data(full_message=asked).signature
        assert messages.sign(HOLDER, struct, domain) == bytes(signature)
        assert message.from_json(asked["message"]) == struct


class TestDomain:
    def test_domain_is_what_the_contract_publishes(self, local_chain, token, escrow, domain):
        for contract, expected in (
            (token, domain),
            (escrow, Domain.escrow(local_chain.chain_id, escrow.address)),
        ):
            _, name, version, chain_id, address, _, _ = local_chain.call(
                contract.functions.eip712Domain()
            )
            assert Domain(name, version, chain_id, address) == expected

    def test_domain_is_what_clients_build_from_name_and_version(self, local_chain, token, domain):
        assert domain == Domain(
            local_chain.call(token.functions.name()),
            local_chain.call(token.functions.version()),
            local_chain.chain_id,
            token.address,
        )
        assert (domain.name, domain.version) == ("Rhein Euro", "1")

    @pytest.mark.anvil("sets code")
    def test_chain_and_contract_are_not_taken_from_a_tokens_answer(self, local_chain, token):
        """A stranger's that names a bank's token can have nothing signed for that one."""
        impostor = "0x000000000000000000000000000000000000bEEF"
        answer = local_chain.web3.codec.encode(
            ["bytes1", "string", "string", "uint256", "address", "bytes32", "uint256[]"],
            [b"\x0f", "Rhein Euro", "1", 1, token.address, bytes(32), []],
        )
        # It answers so to whatever it is asked.
        size = f"{len(answer):04x}"
        code = f"61{size} 600d 5f 39 61{size} 5f f3 00"
        rpc(local_chain, "anvil_setCode", impostor, f"0x{bytes.fromhex(code).hex()}{answer.hex()}")
        found = Domain.token(local_chain, impostor)
        assert found == Domain("Rhein Euro", "1", local_chain.chain_id, impostor)

    @pytest.mark.anvil("sets code")
    def test_domain_of_what_is_no_token_is_refused(self, local_chain, escrow):
        with pytest.raises(NoContract, match=r"^DepositToken: found no contract at 0x"):
            Domain.token(local_chain, HOLDER.address)
        rpc(local_chain, "anvil_setCode", HOLDER.address, "0x5ff3")
        with pytest.raises(NoContract, match=r"^DepositToken: found a contract without"):
            Domain.token(local_chain, HOLDER.address)


class TestSignatures:
    def test_permit_is_accepted(self, local_chain, token, domain):
        values = (HOLDER.address, PAYEE.address, 5)
        signature = messages.sign(HOLDER, messages.Permit(*values, 0, FAR), domain)
        local_chain.send(PAYEE, token.functions.permit(*values, FAR, *split(signature)))
        allowance = token.functions.allowance(HOLDER.address, PAYEE.address)
        assert local_chain.call(allowance) == 5

    @pytest.mark.parametrize("form", ["uint8,bytes32,bytes32", "bytes"])
    @pytest.mark.parametrize("name", ["transferWithAuthorization", "receiveWithAuthorization"])
    def test_authorization_pays_once(self, local_chain, token, domain, name, form):
        send = authorization(local_chain, token, name, form)
        send(domain)
        assert local_chain.call(token.functions.balanceOf(PAYEE.address)) == 5
        assert local_chain.call(token.functions.authorizationState(HOLDER.address, NONCE))
        with pytest.raises(Reverted) as refusal:
            send(domain)
        assert refusal.value.error == "ERC3009UsedAuthorization"

    @pytest.mark.parametrize("form", ["uint8,bytes32,bytes32", "bytes"])
    @pytest.mark.parametrize("name", ["transferWithAuthorization", "receiveWithAuthorization"])
    @pytest.mark.parametrize(
        "elsewhere",
        [
            {"chain_id": 1},
            {"verifying_contract": "0x000000000000000000000000000000000000bEEF"},
            {"name": "Deposit Token"},
            {"version": "2"},
        ],
    )
    def test_authorization_for_another_place_is_refused(
        self, local_chain, token, domain, name, form, elsewhere
    ):
        send = authorization(local_chain, token, name, form)
        with pytest.raises(Reverted) as refusal:
            send(replace(domain, **elsewhere))
        assert refusal.value.error == "ERC3009InvalidSignature"
        assert local_chain.call(token.functions.balanceOf(PAYEE.address)) == 0

    @pytest.mark.parametrize("form", ["uint8,bytes32,bytes32", "bytes"])
    def test_other_half_of_the_curve_is_refused(self, local_chain, token, domain, form):
        name = "transferWithAuthorization"
        send = authorization(local_chain, token, name, form)
        with pytest.raises(Reverted) as refusal:
            send(domain, malleate)
        assert refusal.value.error == "ERC3009InvalidSignature"

    @pytest.mark.parametrize("form", ["uint8,bytes32,bytes32", "bytes"])
    def test_cancellation_is_accepted(self, local_chain, token, domain, form):
        message = messages.CancelAuthorization(HOLDER.address, NONCE)
        signature = messages.sign(HOLDER, message, domain)
        cancel = token.get_function_by_signature(f"cancelAuthorization(address,bytes32,{form})")
        signed = [signature] if form == "bytes" else split(signature)
        local_chain.send(PAYEE, cancel(HOLDER.address, NONCE, *signed))
        name = "transferWithAuthorization"
        send = authorization(local_chain, token, name, form)
        with pytest.raises(Reverted) as refusal:
            send(domain)
        assert refusal.value.error == "ERC3009UsedAuthorization"


def authorization(chain, token, name, form):
    """Sends the payee 5 minor units by the holder's signature, under the domain it is given."""
    build = {
        "transferWithAuthorization": messages.TransferWithAuthorization,
        "receiveWithAuthorization": messages.ReceiveWithAuthorization,
    }[name]
    values = (HOLDER.address, PAYEE.address, 5, 0, FAR, NONCE)
    function = token.get_function_by_signature(f"{name}({FIELDS},{form})")

    def send(signed_domain, change=lambda signature: signature):
        signature = change(messages.sign(HOLDER, build(*values), signed_domain))
        signed = [signature] if form == "bytes" else split(signature)
        return chain.send(PAYEE, function(*values, *signed))

    return send


def malleate(signature):
    """The other signature of the same key over the same digest, with s in the upper half."""
    v, r, s = split(signature)
    upper = SECP256K1_ORDER - int.from_bytes(s)
    return r + upper.to_bytes(32) + bytes([27 + 28 - v])
