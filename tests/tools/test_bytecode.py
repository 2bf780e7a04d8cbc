import pytest
from ape import project

from deposit_token.chain.artifacts import CONTRACTS, artifact

OWN = [name for name in CONTRACTS if list(project.contracts_folder.rglob(f"{name}.sol"))]
"""Those that are not OpenZeppelin's: Ape compiles only the files of the project."""


@pytest.fixture(scope="module")
def ape_types():
    """What Ape compiled from `contracts/`, by contract name."""
    return {name: container.contract_type for name, container in project.load_contracts().items()}


def test_every_concrete_contract_is_shipped(ape_types):
    concrete = [
        name
        for name, type_ in ape_types.items()
        if type_.deployment_bytecode.bytecode not in ("", "0x")
        and any(item.type in ("constructor", "function", "fallback") for item in type_.abi)
    ]
    assert sorted(concrete) == OWN
    assert len(OWN) == 8


@pytest.mark.parametrize("name", OWN)
def test_ape_and_forge_agree_to_the_byte(ape_types, name):
    # The metadata's hash is at the end of the code: the same sources, compiler and settings.
    code = ape_types[name].deployment_bytecode.bytecode
    assert code.removeprefix("0x") == artifact(name).bytecode.hex()
