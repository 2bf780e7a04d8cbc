"""ERC-1967, Proxy Storage Slots (final), and ERC-1822, Universal Upgradeable Proxy Standard
(stagnant), as OpenZeppelin's UUPS has it: with the slot of ERC-1967.
"""

from web3 import Web3

from tests.conformance.bank_under_test import Bank, clause

UPGRADE = "upgradeToAndCall(address,bytes)"
UUID = "proxiableUUID()"


def slot(name: str) -> int:
    return int.from_bytes(Web3.keccak(text=f"eip1967.proxy.{name}")) - 1


def stored(bank: Bank, name: str) -> int:
    return int.from_bytes(bank.chain.web3.eth.get_storage_at(bank.token, slot(name)))


@clause(
    "ERC-1967, Logic contract address",
    "bytes32(uint256(keccak256('eip1967.proxy.implementation')) - 1)",
)
def test_implementation_lies_in_its_slot(bank: Bank) -> None:
    assert f"{slot('implementation'):x}" == (
        "360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
    )
    assert stored(bank, "implementation") == int(bank.implementation, 16)


@clause("ERC-1967, Beacon contract address", "MUST be empty if a logic contract is used")
def test_neither_beacon_nor_admin(bank: Bank) -> None:
    assert stored(bank, "beacon") == stored(bank, "admin") == 0


@clause(
    "ERC-1967, Logic contract address",
    "changes SHOULD be notified by Upgraded(address indexed implementation)",
)
def test_creation_fires(bank: Bank) -> None:
    logs = bank.chain.web3.eth.get_logs(
        {
            "fromBlock": 0,
            "address": bank.token,
            "topics": [Web3.keccak(text="Upgraded(address)").to_0x_hex()],
        }
    )
    assert [int.from_bytes(log["topics"][1]) for log in logs] == [int(bank.implementation, 16)]


@clause(
    "ERC-1822, proxiableUUID", "the slot of the logic contract's address, asked before an upgrade"
)
def test_implementation_names_the_slot(bank: Bank) -> None:
    found = bank.ask(f"{UUID} -> (bytes32)", of=bank.implementation)
    assert int.from_bytes(found) == slot("implementation")


@clause(
    "ERC-1822, proxiableUUID",
    "asked of the logic contract, never of a proxy, which would upgrade to itself",
)
def test_proxy_does_not_name_the_slot(bank: Bank) -> None:
    assert bank.refused(bank.stranger, UUID) == ("UUPSUnauthorizedCallContext()", ())


@clause(
    "ERC-1822, Restricting dangerous functions",
    "the functions that change the logic contract are for the owner",
)
def test_upgrading_is_restricted(bank: Bank) -> None:
    for key in (bank.stranger, bank.holder, bank.compliance, bank.guardian):
        found = bank.refused(key, UPGRADE, bank.implementation, b"")
        assert found == ("AccessManagedUnauthorized(address)", (key.address,))
    assert stored(bank, "implementation") == int(bank.implementation, 16)


@clause("ERC-1822, Proxy contract", "the constructor's calldata runs once")
def test_implementation_can_not_be_initialized(bank: Bank) -> None:
    function = "initialize(string,string,bytes3,uint8,address,address,address,uint128)"
    manager = bank.manager
    arguments = ("A", "A", b"EUR", 2, manager, manager, manager, 1)
    for contract in (bank.implementation, bank.token):
        found = bank.refused(bank.stranger, function, *arguments, to=contract)
        assert found == ("InvalidInitialization()", ())
