"""ERC-20, Token Standard (final)."""

from tests.conformance.bank_under_test import MINTED, ZERO, Bank, Event, clause
from tests.scene import INVENTORY

TRANSFER = "Transfer(address indexed,address indexed,uint256)"
APPROVAL = "Approval(address indexed,address indexed,uint256)"


def move(bank: Bank, amount: int, to: str = ""):
    return bank.send(bank.holder, "transfer(address,uint256)", to or bank.payee.address, amount)


def allow(bank: Bank, amount: int):
    return bank.send(bank.holder, "approve(address,uint256)", bank.stranger.address, amount)


def allowance(bank: Bank) -> int:
    function = "allowance(address,address) -> (uint256)"
    return bank.ask(function, bank.holder.address, bank.stranger.address)


def pull(bank: Bank, amount: int):
    function = "transferFrom(address,address,uint256)"
    return bank.send(bank.stranger, function, bank.holder.address, bank.payee.address, amount)


def transfers(bank: Bank, amount: int) -> list[Event]:
    return [Event("Transfer", (bank.holder.address, bank.payee.address, amount))]


@clause("Methods: name, symbol, decimals", "OPTIONAL")
def test_name_symbol_and_decimals(bank: Bank) -> None:
    assert bank.ask("name() -> (string)") == "Rhein Euro"
    assert bank.ask("symbol() -> (string)") == "EURd"
    assert bank.ask("decimals() -> (uint8)") == 2


@clause("Methods: totalSupply", "returns the total token supply")
def test_total_supply(bank: Bank) -> None:
    assert bank.ask("totalSupply() -> (uint256)") == INVENTORY + MINTED
    bank.mint(bank.payee.address, 5, sequence=2)
    assert bank.ask("totalSupply() -> (uint256)") == INVENTORY + MINTED + 5


@clause("Methods: balanceOf", "returns the account balance")
def test_balance_of(bank: Bank) -> None:
    assert bank.balance(bank.holder) == MINTED
    assert bank.balance(bank.stranger) == 0
    assert bank.ask("balanceOf(address) -> (uint256)", ZERO) == 0


@clause("Methods: transfer", "transfers and MUST fire Transfer")
def test_transfer_moves_and_fires(bank: Bank) -> None:
    assert bank.events(move(bank, 7), TRANSFER, APPROVAL) == transfers(bank, 7)
    assert (bank.balance(bank.holder), bank.balance(bank.payee)) == (MINTED - 7, 7)


@clause("Methods: transfer", "returns (bool success)")
def test_transfer_answers_true(bank: Bank) -> None:
    function = "transfer(address,uint256) -> (bool)"
    assert bank.ask(function, bank.payee.address, 7, by=bank.holder.address) is True


@clause("Methods: transfer", "the whole balance too")
def test_transfer_of_all(bank: Bank) -> None:
    move(bank, MINTED)
    assert (bank.balance(bank.holder), bank.balance(bank.payee)) == (0, MINTED)


@clause("Methods: transfer", "to any address, one's own too")
def test_transfer_to_oneself(bank: Bank) -> None:
    events = bank.events(move(bank, MINTED, bank.holder.address), TRANSFER)
    assert events == [Event("Transfer", (bank.holder.address, bank.holder.address, MINTED))]
    assert bank.balance(bank.holder) == MINTED


@clause("Methods: transfer", "SHOULD throw if the caller's balance is too low")
def test_transfer_of_too_much_throws(bank: Bank) -> None:
    bank.refused(bank.holder, "transfer(address,uint256)", bank.payee.address, MINTED + 1)
    assert bank.balance(bank.holder) == MINTED


@clause("Methods: transfer", "transfers of 0 values MUST be treated as normal and fire Transfer")
def test_transfer_of_zero_fires(bank: Bank) -> None:
    assert bank.events(move(bank, 0), TRANSFER) == transfers(bank, 0)


@clause(
    "Methods: transfer",
    "transfers of 0 values MUST be treated as normal",
    departs="no transfer goes to somebody whom the bank does not know, of 0 neither",
)
def test_transfer_of_zero_is_examined_as_any(bank: Bank) -> None:
    refusal = bank.refused(bank.holder, "transfer(address,uint256)", bank.stranger.address, 0)
    assert refusal == ("ERC7943CannotReceive(address)", (bank.stranger.address,))


@clause("Methods: transferFrom", "transfers and MUST fire Transfer")
def test_transfer_from_moves_and_fires(bank: Bank) -> None:
    allow(bank, 10)
    # That an allowance is spent is told too, which the standard leaves open.
    left = Event("Approval", (bank.holder.address, bank.stranger.address, 3))
    assert bank.events(pull(bank, 7), TRANSFER, APPROVAL) == [left, *transfers(bank, 7)]
    assert (bank.balance(bank.holder), bank.balance(bank.payee)) == (MINTED - 7, 7)
    assert allowance(bank) == 3


@clause("Methods: transferFrom", "returns (bool success)")
def test_transfer_from_answers_true(bank: Bank) -> None:
    allow(bank, 10)
    answer = bank.ask(
        "transferFrom(address,address,uint256) -> (bool)",
        bank.holder.address,
        bank.payee.address,
        7,
        by=bank.stranger.address,
    )
    assert answer is True


@clause("Methods: transferFrom", "SHOULD throw unless _from has authorized the sender")
def test_transfer_from_without_consent_throws(bank: Bank) -> None:
    function = "transferFrom(address,address,uint256)"
    parties = (bank.holder.address, bank.payee.address)
    bank.refused(bank.stranger, function, *parties, 1)
    allow(bank, 10)
    bank.refused(bank.stranger, function, *parties, 11)
    assert (bank.balance(bank.holder), allowance(bank)) == (MINTED, 10)


@clause(
    "Methods: approve",
    "allows to withdraw multiple times",
    departs="not while the spender is under a legal block",
)
def test_blocked_spender_withdraws_nothing(bank: Bank) -> None:
    function = "transferFrom(address,address,uint256)"
    parties = (bank.holder.address, bank.payee.address)
    bank.send(bank.holder, "approve(address,uint256)", bank.dealer.address, 10)
    bank.send(bank.dealer, function, *parties, 1)
    bank.block(bank.dealer)
    found = bank.refused(bank.dealer, function, *parties, 1)
    assert found == ("SpenderBlocked(address)", (bank.dealer.address,))
    left = bank.ask(
        "allowance(address,address) -> (uint256)", bank.holder.address, bank.dealer.address
    )
    assert left == 9


@clause(
    "Methods: transferFrom", "transfers of 0 values MUST be treated as normal and fire Transfer"
)
def test_transfer_from_of_zero_fires(bank: Bank) -> None:
    assert bank.events(pull(bank, 0), TRANSFER) == transfers(bank, 0)


@clause("Methods: approve", "allows to withdraw multiple times, up to the amount")
def test_approve_lets_withdraw_many_times(bank: Bank) -> None:
    allow(bank, 10)
    for left in (6, 2):
        pull(bank, 4)
        assert allowance(bank) == left


@clause("Methods: approve", "overwrites; the contract shouldn't enforce that it is set to 0 first")
def test_approve_overwrites(bank: Bank) -> None:
    for amount in (10, 7, 2**256 - 1, 0):
        allow(bank, amount)
        assert allowance(bank) == amount


@clause("Methods: approve", "returns (bool success)")
def test_approve_answers_true(bank: Bank) -> None:
    function = "approve(address,uint256) -> (bool)"
    assert bank.ask(function, bank.stranger.address, 7, by=bank.holder.address) is True


@clause("Events: Approval", "MUST trigger on any successful approve")
def test_approve_fires(bank: Bank) -> None:
    for amount in (10, 10, 0):
        fired = bank.events(allow(bank, amount), TRANSFER, APPROVAL)
        parties = (bank.holder.address, bank.stranger.address)
        assert fired == [Event("Approval", (*parties, amount))]


@clause(
    "Methods: allowance",
    "the amount that the spender is still allowed to withdraw",
    departs="2^256 - 1 means no limit, as in OpenZeppelin's and most other tokens",
)
def test_greatest_allowance_stays(bank: Bank) -> None:
    allow(bank, 2**256 - 1)
    pull(bank, 7)
    assert allowance(bank) == 2**256 - 1


@clause("Methods: allowance", "nothing before an approval")
def test_allowance_of_nobody(bank: Bank) -> None:
    assert allowance(bank) == 0


@clause("Events: Transfer", "SHOULD trigger with _from 0x0 when tokens are created")
def test_minting_fires_from_zero(bank: Bank) -> None:
    fired = bank.events(bank.mint(bank.payee.address, 5, sequence=2), TRANSFER)
    assert fired == [Event("Transfer", (ZERO, bank.payee.address, 5))]
