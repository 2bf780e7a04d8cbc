"""The sources, compiled again, against what stands on a chain."""

import re

import pytest
from eth_account import Account

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.chain import Chain
from deposit_token.deployment.file import DeploymentFile
from deposit_token.deployment.manifest import Manifest
from tests.files import EXAMPLES
from tools.compiler import Compiler
from tools.standard_input import source_of, standard_input
from tools.verify_sources import compare, main

EXACT = "exact match"
IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
NOWHERE = "0x" + "42" * 20


@pytest.fixture(scope="module")
def deployed(anvil_url, tmp_path_factory):
    """A chain with the example's banks, the manifest of it, and the folder that it is in."""
    chain = Chain.connect(anvil_url)
    set_up = Account.create()
    ask(chain, "anvil_setBalance", set_up.address, hex(10**20))
    file = DeploymentFile.load(EXAMPLES / "banks.toml")
    escrow, banks = file.deploy(chain, set_up)
    manifest = Manifest.of(chain, escrow, banks.values())
    folder = tmp_path_factory.mktemp("operator")
    manifest.write(folder / "deployments")
    return chain, manifest, folder


@pytest.fixture
def verify(anvil_url, capsys):
    """The command's exit code, and what it says of each contract."""

    def run(*contracts):
        code = main(["--rpc", anvil_url, *contracts])
        lines = re.findall(r"^(\w+) (0x\w{40}): (.*)$", capsys.readouterr().out, re.MULTILINE)
        return code, {(name, address): said for name, address, said in lines}

    return run


def ask(chain, method, *parameters):
    answer = chain.web3.provider.make_request(method, list(parameters))
    assert "error" not in answer, answer
    return answer["result"]


def flipped(code, position):
    return code[:position] + bytes([code[position] ^ 1]) + code[position + 1 :]


def with_other_settings(name):
    """A contract's runtime code as a compiler makes it that optimizes for few calls."""
    given = standard_input([name])
    given["settings"]["optimizer"]["runs"] = 200
    with Compiler() as compiler:
        output = compiler.answer(given)["contracts"][source_of(name)][name]
    return bytes.fromhex(output["evm"]["deployedBytecode"]["object"])


@pytest.mark.packaged
def test_what_was_deployed_is_an_exact_match(deployed, verify, monkeypatch):
    _, manifest, folder = deployed
    monkeypatch.chdir(folder)
    places = {("SettlementEscrow", manifest.escrow)}
    for bank in manifest.banks.values():
        places |= {
            ("AccessManager", bank.manager),
            ("BankTimelock", bank.timelock),
            ("RecoveryTimelock", bank.recovery),
            ("RoleKeeper", bank.keeper),
            ("AllowlistRegistry", bank.registry),
            ("CorridorPolicy", bank.policy),
            ("DepositToken", bank.implementation),
            ("DepositTokenExt", bank.extension),
            *(("ERC1967Proxy", token) for token in bank.tokens.values()),
        }
    assert verify() == (0, dict.fromkeys(places, EXACT))


@pytest.mark.packaged
def test_other_code_is_told_and_refused(deployed, verify):
    chain, manifest, _ = deployed
    first, second = manifest.banks.values()
    (token,) = first.tokens.values()
    code = bytes(chain.web3.eth.get_code(first.keeper))
    spoiled = {
        "0x" + "11" * 20: flipped(code, 100),
        "0x" + "22" * 20: flipped(code, len(code) - 20),
        "0x" + "33" * 20: with_other_settings("RoleKeeper"),
    }
    for address, other in spoiled.items():
        ask(chain, "anvil_setCode", address, f"0x{other.hex()}")
    ask(chain, "anvil_setStorageAt", token, IMPLEMENTATION_SLOT, f"0x{NOWHERE[2:]:0>64}")

    keepers = [f"RoleKeeper={address}" for address in (*spoiled, second.keeper)]
    exit_code, said = verify(*keepers, f"ERC1967Proxy={token}")

    one_byte, metadata, settings = (said.pop(("RoleKeeper", address)) for address in spoiled)
    assert one_byte == "no match: found other code, as long as what is accepted"
    assert metadata.startswith("match of the code, not of the metadata: found 1220")
    assert settings.startswith("no match: found ")
    assert said == {
        ("RoleKeeper", second.keeper): EXACT,
        ("ERC1967Proxy", token): EXACT,
        ("DepositToken", NOWHERE): "no match: found no code",
    }
    assert exit_code == 1


@pytest.mark.parametrize(
    ("contract", "sentence"),
    [
        ("Keeper=" + NOWHERE, "contract: found 'Keeper="),
        ("RoleKeeper", "RoleKeeper: found '', accepted is a checksummed address."),
        ("RoleKeeper=0x1", "RoleKeeper: found '0x1', accepted is a checksummed address."),
    ],
)
def test_what_names_no_contract_is_refused_before_anything_is_compiled(
    anvil_url, capsys, contract, sentence
):
    assert main(["--rpc", anvil_url, contract]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(sentence)
    assert printed.out == ""


def test_what_is_not_there_is_told_before_anything_is_compiled(anvil_url, capsys):
    assert main(["--rpc", anvil_url, f"SettlementEscrow={NOWHERE}"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"SettlementEscrow {NOWHERE}: no match: found no code",
        "1 contracts, 1 of them no exact match",
    ]


def test_a_chain_without_manifest_is_refused(anvil_url, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["--rpc", anvil_url]) == 1
    assert capsys.readouterr().err.startswith("manifest: found no deployments/31337-")


def test_immutables_may_have_any_value_but_one_each():
    keeper = artifact("RoleKeeper")
    first, *_ = keeper.immutables
    code = bytearray(keeper.deployed)
    for place in first:
        code[place] = bytes([7]) * len(code[place])
    assert compare(keeper, bytes(code)) == EXACT
    assert len(first) > 1
    code[first[0]] = bytes([8]) * len(code[first[0]])
    assert compare(keeper, bytes(code)) != EXACT


def test_code_without_metadata_is_compared_to_the_end():
    keeper = artifact("RoleKeeper")
    assert compare(keeper, b"\xff").startswith("no match: found 0 bytes of code, accepted are ")
