"""ERC-1967, Proxy Storage Slots (final), and ERC-1822, Universal Upgradeable Proxy Standard
(stagnant), as OpenZeppelin's UUPS has it: with the slot of ERC-1967.
"""

import pytest
from web3 import Web3

from tests.conformance.bank_under_test import Bank, Clause, name_of

UPGRADE = "upgradeToAndCall(address,bytes)"
UUID = "proxiableUUID()"


def slot(name: str) -> int:
    return int.from_bytes(Web3.keccak(text=f"eip1967.proxy.{name}")) - 1


def stored(bank: Bank, name: str) -> int:
    return int.from_bytes(bank.chain.web3.eth.get_storage_at(bank.token, slot(name)))


def implementation_lies_in_its_slot(bank: Bank) -> None:
    assert f"{slot('implementation'):x}" == (
        "360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
    )
    assert stored(bank, "implementation") == int(bank.deployed.implementation, 16)


def neither_beacon_nor_admin(bank: Bank) -> None:
    assert stored(bank, "beacon") == stored(bank, "admin") == 0


def creation_fires(bank: Bank) -> None:
    logs = bank.chain.web3.eth.get_logs(
        {
            "fromBlock": 0,
            "address": bank.token,
            "topics": [Web3.keccak(text="Upgraded(address)").to_0x_hex()],
        }
    )
    assert [int.from_bytes(log["topics"][1]) for log in logs] == [
        int(bank.deployed.implementation, 16)
    ]


def implementation_names_the_slot(bank: Bank) -> None:
    found = bank.ask(f"{UUID} -> (bytes32)", of=bank.deployed.implementation)
    assert int.from_bytes(found) == slot("implementation")


def proxy_does_not_name_the_slot(bank: Bank) -> None:
    assert bank.refused(bank.stranger, UUID) == ("UUPSUnauthorizedCallContext()", ())


def upgrading_is_restricted(bank: Bank) -> None:
    for key in (bank.stranger, bank.holder, bank.compliance, bank.guardian):
        found = bank.refused(key, UPGRADE, bank.deployed.implementation, b"")
        assert found == ("AccessManagedUnauthorized(address)", (key.address,))
    assert stored(bank, "implementation") == int(bank.deployed.implementation, 16)


def implementation_can_not_be_initialized(bank: Bank) -> None:
    function = "initialize(string,string,bytes3,uint8,address,address,address,uint128)"
    manager = bank.deployed.manager
    arguments = ("A", "A", b"EUR", 2, manager, manager, manager, 1)
    for contract in (bank.deployed.implementation, bank.token):
        found = bank.refused(bank.stranger, function, *arguments, to=contract)
        assert found == ("InvalidInitialization()", ())


CLAUSES = [
    Clause(
        "ERC-1967, Logic contract address",
        "bytes32(uint256(keccak256('eip1967.proxy.implementation')) - 1)",
        implementation_lies_in_its_slot,
    ),
    Clause(
        "ERC-1967, Beacon contract address",
        "MUST be empty if a logic contract is used",
        neither_beacon_nor_admin,
    ),
    Clause(
        "ERC-1967, Logic contract address",
        "changes SHOULD be notified by Upgraded(address indexed implementation)",
        creation_fires,
    ),
    Clause(
        "ERC-1822, proxiableUUID",
        "the slot of the logic contract's address, asked before an upgrade",
        implementation_names_the_slot,
    ),
    Clause(
        "ERC-1822, proxiableUUID",
        "asked of the logic contract, never of a proxy, which would upgrade to itself",
        proxy_does_not_name_the_slot,
    ),
    Clause(
        "ERC-1822, Restricting dangerous functions",
        "the functions that change the logic contract are for the owner",
        upgrading_is_restricted,
    ),
    Clause(
        "ERC-1822, Proxy contract",
        "the constructor's calldata runs once",
        implementation_can_not_be_initialized,
    ),
]


@pytest.mark.parametrize("clause", CLAUSES, ids=name_of)
def test_clause(bank: Bank, clause: Clause) -> None:
    clause.check(bank)
