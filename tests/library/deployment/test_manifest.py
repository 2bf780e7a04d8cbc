"""Manifests: where a deployment wrote that its contracts are."""

import json

import pytest
from web3 import Web3

from deposit_token.deployment.create2 import CANONICAL_DEPLOYER
from deposit_token.deployment.manifest import Manifest
from deposit_token.errors import DeploymentError
from tests.refusals import says
from tests.scene import SET_UP, changed, file_of, rhein_bank, victoria_bank


def name_of(chain):
    """Of a chain's manifest."""
    return f"{chain.chain_id}-{chain.genesis_hash[2:10]}.json"


@pytest.fixture
def manifest(local_chain, deployed):
    return Manifest.of(local_chain, *deployed)


def test_says_where_everything_is(local_chain, deployed, manifest, tmp_path):
    escrow, (rhein, victoria) = deployed
    path = manifest.write(tmp_path / "deployments")
    assert path == tmp_path / "deployments" / name_of(local_chain)
    written = json.loads(path.read_text())
    blocks = written.pop("blocks")
    assert written == {
        "chain_id": local_chain.chain_id,
        "genesis_hash": local_chain.genesis_hash,
        "escrow": escrow,
        "banks": {
            each.config.name: {
                "manager": each.manager,
                "timelock": each.timelock,
                "recovery": each.recovery,
                "keeper": each.keeper,
                "registry": each.registry,
                "policy": each.policy,
                "extension": each.extension,
                "implementation": each.implementation,
                "tokens": each.tokens,
            }
            for each in (rhein, victoria)
        },
    }
    assert Manifest.read(tmp_path / "deployments", local_chain) == manifest
    assert list(path.parent.iterdir()) == [path]
    contracts = {escrow}
    for each in (rhein, victoria):
        own = (each.manager, each.timelock, each.recovery, each.keeper, each.registry, each.policy)
        contracts |= {*own, each.extension, each.implementation, *each.tokens.values()}
    assert blocks.keys() == contracts
    for address, block in blocks.items():
        code = [local_chain.web3.eth.get_code(address, number) for number in (block - 1, block)]
        assert [len(each) > 0 for each in code] == [False, True]


def test_bank_deployed_later_joins_the_others(local_chain, deployed, manifest, tmp_path):
    escrow, banks = deployed
    for bank in banks:
        Manifest.of(local_chain, escrow, [bank]).write(tmp_path)
    assert Manifest.read(tmp_path, local_chain) == manifest


def test_manifest_of_another_chain_is_left_as_it_is(local_chain, manifest, tmp_path):
    other = manifest.model_copy(update={"genesis_hash": f"0x{'01' * 32}", "banks": {}})
    beside = other.write(tmp_path)
    path = manifest.write(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([beside, path])
    assert Manifest.read(tmp_path, local_chain) == manifest
    # As if the first digits of both genesis hashes were the same.
    before = beside.read_bytes()
    path.write_bytes(before)
    with says(
        DeploymentError,
        f"manifest {path}: genesis hash: found {other.genesis_hash}, accepted is "
        f"{manifest.genesis_hash}, that of the connected chain.",
    ):
        manifest.write(tmp_path)
    assert path.read_bytes() == before


def test_block_that_the_node_has_forgotten_is_kept(local_chain, manifest, tmp_path):
    manifest.write(tmp_path)
    manifest.model_copy(update={"blocks": dict.fromkeys(manifest.blocks, 0)}).write(tmp_path)
    assert Manifest.read(tmp_path, local_chain).blocks == manifest.blocks


def test_block_that_an_earlier_manifest_has_is_not_asked_for_again(local_chain, deployed, manifest):
    known = manifest.model_copy(update={"blocks": manifest.blocks | {manifest.escrow: 7}})
    assert Manifest.of(local_chain, *deployed, known).blocks == known.blocks


def test_manifest_with_another_escrow_is_not_replaced(manifest, tmp_path):
    path = manifest.write(tmp_path)
    before = path.read_text()
    with says(
        DeploymentError,
        f"manifest {path}: escrow: found {manifest.escrow}, accepted is {CANONICAL_DEPLOYER}, "
        "or no file there.",
    ):
        manifest.model_copy(update={"escrow": CANONICAL_DEPLOYER}).write(tmp_path)
    assert path.read_text() == before


def test_manifest_that_cannot_be_written_is_one_sentence(local_chain, manifest, tmp_path):
    folder = tmp_path / "deployments" / "here"
    folder.parent.write_text("A file.")
    with says(
        DeploymentError,
        f"manifest {folder / name_of(local_chain)}: found Not a directory, accepted is a file that "
        "can be written.",
    ):
        manifest.write(folder)


def test_missing_manifest_is_named(local_chain, tmp_path):
    with says(
        DeploymentError,
        f"manifest: found no {tmp_path / name_of(local_chain)}, accepted is one that a deployment "
        "wrote.",
    ):
        Manifest.read(tmp_path, local_chain)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("", "top level: found '', accepted is JSON (EOF while parsing a value"),
        ("{", "top level: found '{', accepted is JSON (EOF while parsing an object"),
        ("[]", "top level: found [], accepted is a table."),
        ("{}", "chain_id: found None, accepted is a value, as the key is required."),
        ('{"chainid": 1}', "chainid: found 'chainid', accepted is chain_id, or another of the"),
        ('{"chain_id": "1"}', "chain_id: found '1', accepted is a whole number."),
    ],
)
def test_file_that_is_no_manifest_is_refused(local_chain, tmp_path, content, field):
    path = tmp_path / name_of(local_chain)
    path.write_text(content)
    with pytest.raises(DeploymentError) as refusal:
        Manifest.read(tmp_path, local_chain)
    assert str(refusal.value).startswith(f"manifest {path}: {field}")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"chain_id": 1},
            "chain id: found 1, accepted is {chain_id}, that of the connected chain.",
        ),
        ({"genesis_hash": "0x" + "0" * 64}, "genesis hash: found 0x0000"),
        (
            {"escrow": Web3.to_checksum_address("0x" + "12" * 20)},
            f"escrow: found no contract at {Web3.to_checksum_address('0x' + '12' * 20)}, "
            "accepted is one that stands on the connected chain.",
        ),
    ],
)
def test_manifest_of_another_chain_is_refused(local_chain, manifest, tmp_path, changes, sentence):
    path = manifest.write(tmp_path)
    path.write_text(manifest.model_copy(update=changes).model_dump_json())
    with pytest.raises(DeploymentError) as refusal:
        Manifest.read(tmp_path, local_chain)
    sentence = sentence.format(chain_id=local_chain.chain_id)
    assert str(refusal.value).startswith(f"manifest {path}: {sentence}")


def test_deployment_is_of_the_chain_of_its_manifest(local_chain, manifest):
    other = manifest.model_copy(update={"genesis_hash": f"0x{'01' * 32}"})
    file = file_of(rhein_bank(), victoria_bank())
    sentence = (
        f"manifest: genesis hash: found {other.genesis_hash}, accepted is {manifest.genesis_hash}, "
        "that of the connected chain."
    )
    with says(DeploymentError, sentence):
        file.check(local_chain, other)
    with says(DeploymentError, sentence):
        file.deploy(local_chain, SET_UP, other)


def test_manifest_of_this_chain_is_found(local_chain, manifest, tmp_path):
    assert Manifest.find(tmp_path, local_chain) is None
    manifest.model_copy(update={"genesis_hash": f"0x{'01' * 32}"}).write(tmp_path)
    assert Manifest.find(tmp_path, local_chain) is None
    manifest.write(tmp_path)
    assert Manifest.find(tmp_path, local_chain) == manifest


def test_bank_stands_where_it_says(deployed, manifest):
    _, (rhein, _) = deployed
    found = manifest.bank(rhein_bank())
    assert (found.config, found.tokens) == (rhein_bank(), rhein.tokens)
    assert found.timelock == rhein.timelock
    assert manifest.bank(changed(rhein_bank(), name="Ruhr Bank")) is None


def test_token_that_a_bank_added_is_one_of_its_own(manifest):
    tokens = [token.model_dump() for token in rhein_bank().tokens]
    tokens.append(tokens[0] | {"currency": "SEK", "address": CANONICAL_DEPLOYER})
    found = manifest.bank(changed(rhein_bank(), tokens=tokens))
    assert found.tokens["SEK"] == CANONICAL_DEPLOYER
