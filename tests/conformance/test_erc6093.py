"""ERC-6093, Custom errors for commonly-used tokens (last call), for ERC-20."""

from tests.conformance.bank_under_test import FORCE, LEDGER, MINTED, ZERO, Bank, clause, split
from tests.scene import FAR

TRANSFER, APPROVE = "transfer(address,uint256)", "approve(address,uint256)"
PULL = "transferFrom(address,address,uint256)"
BALANCE = "ERC20InsufficientBalance(address,uint256,uint256)"
ALLOWANCE = "ERC20InsufficientAllowance(address,uint256,uint256)"
SENDER, RECEIVER = "ERC20InvalidSender(address)", "ERC20InvalidReceiver(address)"
APPROVER, SPENDER = "ERC20InvalidApprover(address)", "ERC20InvalidSpender(address)"
PERMITTED = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
PERMIT = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"
PAID = (
    "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,"
    "uint256 validBefore,bytes32 nonce)"
)
PAY = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
MINT, BURN = "mint(address,uint256,uint128)", "burn(uint256,uint128)"


PLACE = "ERC-20"


def refused_transfers(bank: Bank) -> set[str]:
    """The errors of transfers, and of what issues or burns, in every way that has a refusal."""
    holder, payee, stranger = bank.holder.address, bank.payee.address, bank.stranger.address
    nowhere = (ZERO, bank.token, bank.escrow, stranger, bank.abroad.address)
    acts = [
        *((bank.holder, TRANSFER, to, amount) for to in nowhere for amount in (0, 1)),
        (bank.holder, TRANSFER, payee, MINTED + 1),
        *((bank.stranger, TRANSFER, payee, amount) for amount in (0, 1)),
        *((bank.stranger, PULL, holder, to, amount) for to in nowhere for amount in (0, 1)),
        *((bank.stranger, PULL, from_, payee, 0) for from_ in (ZERO, stranger, bank.token)),
        *((bank.stranger, PULL, from_, payee, 1) for from_ in (ZERO, stranger, holder)),
        *(bank.scheduled(from_, payee, 1) for from_ in (ZERO, stranger, payee)),
        *(bank.scheduled(holder, to, 1) for to in (ZERO, bank.token, stranger)),
        (bank.stranger, FORCE, holder, payee, 1),
        *((bank.minter, MINT, to, 1, LEDGER << 64 | 9) for to in (ZERO, bank.token, stranger)),
        (bank.stranger, MINT, payee, 1, LEDGER << 64 | 9),
        (bank.minter, BURN, 1, LEDGER << 64 | 9),
    ]
    for to in nowhere:
        terms = (holder, to, 1, 0, FAR, bytes(32))
        acts.append((bank.stranger, PAY, *terms, bank.sign(bank.holder, PAID, *terms)))
    found = {bank.refused(*act).signature for act in acts}
    bank.freeze(bank.holder, MINTED)
    found.add(bank.refused(bank.holder, TRANSFER, payee, 1).signature)
    bank.block(bank.holder)
    found.add(bank.refused(bank.holder, TRANSFER, payee, 1).signature)
    bank.pause()
    found.add(bank.refused(bank.payee, TRANSFER, holder, 1).signature)
    return found


def refused_approvals(bank: Bank) -> set[str]:
    """The errors of approvals, by call and by permit, in every way that has a refusal."""
    holder, payee = bank.holder.address, bank.payee.address
    signature = split(bank.sign(bank.holder, PERMITTED, holder, ZERO, 1, 0, FAR))
    acts = [
        (bank.holder, APPROVE, ZERO, 0),
        (bank.stranger, APPROVE, ZERO, 1),
        (bank.stranger, PERMIT, holder, ZERO, 1, FAR, *signature),
        (bank.stranger, PERMIT, holder, payee, 1, FAR, *signature),
        (bank.stranger, PERMIT, holder, ZERO, 1, 0, *signature),
        (bank.stranger, PERMIT, ZERO, payee, 1, FAR, 27, bytes(32), bytes(32)),
    ]
    return {bank.refused(*act).signature for act in acts}


@clause(PLACE, "ERC20InsufficientBalance: balance MUST be less than needed")
def test_too_little_balance(bank: Bank) -> None:
    expected = (BALANCE, (bank.holder.address, MINTED, MINTED + 1))
    assert bank.refused(bank.holder, TRANSFER, bank.payee.address, MINTED + 1) == expected
    bank.mint(bank.minter.address, 5, sequence=2)
    found = bank.refused(bank.minter, "burn(uint256,uint128)", 6, LEDGER << 64 | 3)
    assert found == (BALANCE, (bank.minter.address, 5, 6))


@clause(PLACE, "ERC20InsufficientAllowance: allowance MUST be less than needed")
def test_too_little_allowance(bank: Bank) -> None:
    parties = (bank.holder.address, bank.payee.address)
    found = bank.refused(bank.stranger, PULL, *parties, 1)
    assert found == (ALLOWANCE, (bank.stranger.address, 0, 1))
    bank.send(bank.holder, APPROVE, bank.stranger.address, 6)
    found = bank.refused(bank.stranger, PULL, *parties, 7)
    assert found == (ALLOWANCE, (bank.stranger.address, 6, 7))


@clause(PLACE, "ERC20InvalidSender: RECOMMENDED for transfers from the zero address")
def test_zero_is_no_sender(bank: Bank) -> None:
    found = bank.refused(*bank.scheduled(ZERO, bank.payee.address, 0))
    assert found == (SENDER, (ZERO,))


@clause(PLACE, "ERC20InvalidReceiver: RECOMMENDED for transfers to the zero address")
def test_zero_is_no_receiver(bank: Bank) -> None:
    assert bank.refused(bank.holder, TRANSFER, ZERO, 1) == (RECEIVER, (ZERO,))
    found = bank.refused(*bank.scheduled(bank.holder.address, ZERO, 1))
    assert found == (RECEIVER, (ZERO,))
    found = bank.refused(bank.minter, "mint(address,uint256,uint128)", ZERO, 1, LEDGER << 64 | 2)
    assert found == (RECEIVER, (ZERO,))


@clause(PLACE, "ERC20InvalidReceiver: RECOMMENDED for non-compatible addresses")
def test_token_is_no_receiver(bank: Bank) -> None:
    assert bank.refused(bank.holder, TRANSFER, bank.token, 1) == (RECEIVER, (bank.token,))


@clause(PLACE, "ERC20InvalidSpender: RECOMMENDED for approvals to the zero address")
def test_zero_is_no_spender(bank: Bank) -> None:
    assert bank.refused(bank.holder, APPROVE, ZERO, 1) == (SPENDER, (ZERO,))
    terms = (bank.holder.address, ZERO, 1)
    signature = bank.sign(bank.holder, PERMITTED, *terms, 0, FAR)
    found = bank.refused(bank.stranger, PERMIT, *terms, FAR, *split(signature))
    assert found == (SPENDER, (ZERO,))


@clause(
    PLACE,
    "ERC20InvalidApprover: RECOMMENDED for approvals from the zero address",
    departs="a permit, the only way, says that nobody has signed it",
)
def test_zero_approves_nothing(bank: Bank) -> None:
    terms = (ZERO, bank.payee.address, 1, FAR, 27, bytes(32), bytes(32))
    found = bank.refused(bank.stranger, PERMIT, *terms)
    assert found.signature == "ERC2612InvalidSigner(address,address)"


@clause(
    PLACE,
    "ERC20InvalidSpender: RECOMMENDED for approvals to the owner itself",
    departs="allowed, as in OpenZeppelin's tokens: it gives nobody anything",
)
def test_owner_may_approve_itself(bank: Bank) -> None:
    bank.send(bank.holder, APPROVE, bank.holder.address, 1)
    function = "allowance(address,address) -> (uint256)"
    assert bank.ask(function, bank.holder.address, bank.holder.address) == 1


@clause(PLACE, "ERC20InvalidSender: MUST NOT be used for approval operations")
def test_sender_is_no_matter_of_an_approval(bank: Bank) -> None:
    assert SENDER not in refused_approvals(bank)


@clause(PLACE, "ERC20InvalidSender: MUST NOT be used for balance or allowance requirements")
def test_sender_is_no_matter_of_what_is_there(bank: Bank) -> None:
    payee = bank.payee.address
    assert bank.refused(bank.payee, TRANSFER, bank.holder.address, 1).signature == BALANCE
    assert bank.refused(bank.stranger, PULL, bank.holder.address, payee, 1).signature == ALLOWANCE
    bank.freeze(bank.holder, MINTED)
    frozen = "ERC7943InsufficientUnfrozenBalance(address,uint256,uint256)"
    assert bank.refused(bank.holder, TRANSFER, payee, 1).signature == frozen


@clause(PLACE, "ERC20InvalidReceiver: MUST NOT be used for approval operations")
def test_receiver_is_no_matter_of_an_approval(bank: Bank) -> None:
    assert RECEIVER not in refused_approvals(bank)
    # Who can receive nothing may still be approved.
    for spender in (bank.token, bank.escrow, bank.stranger.address):
        bank.send(bank.holder, APPROVE, spender, 1)


@clause(PLACE, "ERC20InvalidApprover: MUST NOT be used for transfer operations")
def test_approver_is_no_matter_of_a_transfer(bank: Bank) -> None:
    assert APPROVER not in refused_transfers(bank)


@clause(PLACE, "ERC20InvalidSpender: MUST NOT be used for transfer operations")
def test_spender_is_no_matter_of_a_transfer(bank: Bank) -> None:
    assert SPENDER not in refused_transfers(bank)
