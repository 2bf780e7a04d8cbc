"""The world that gas is measured in: the tests' scene, and customers who all hold money.

Keys, times, amounts and references are fixed, so that every transaction has the same bytes in every
run, and costs the same.
"""

from collections.abc import Iterable
from typing import Self

from eth_account.signers.local import LocalAccount
from web3.contract import Contract
from web3.contract.contract import ContractFunction
from web3.types import TxReceipt

from deposit_token.chain.chain import Chain
from deposit_token.chain.coding import calldata
from deposit_token.chain.logs import emitted
from deposit_token.deployment.bank import BankDeployment
from deposit_token.devchain.keys import account
from deposit_token.errors import PermanentError
from deposit_token.protocol import acts
from deposit_token.protocol.acts import Act
from deposit_token.protocol.consents import with_signatures
from deposit_token.protocol.payment import Payment
from deposit_token.values.enumerations import CustomerCategory
from deposit_token.values.money import Currency, Money
from tests.nodes import rpc, url_of
from tests.scene import (
    DEALER,
    MERCHANT,
    OPERATOR,
    PLATFORM,
    Scene,
    corridor,
    endow,
    everybody,
    only,
    rhein_bank,
)

START = 1_767_600_000
"""The chain's first moment, Unix seconds: 2026-01-05 08:00 UTC. Each block is one second later."""

AMOUNT = 100_00
"""What a transfer or a payment moves, in minor units of the source token."""
TARGET_AMOUNT = 850_00
"""What the merchant gets for it in the other currency, in minor units of the target token."""

PAYER = account("payer")
"""In Germany, with EUR; has paid for something in HKD earlier this month."""
NEIGHBOUR = account("neighbour")
"""In Germany, with EUR."""
EXPATRIATE = account("expatriate")
"""In Hong Kong, with EUR."""
NEWCOMER = account("newcomer")
"""In Germany, registered for EUR, and never held any."""

_BALANCE = 500_000_00
"""What everybody holds before, in minor units."""
_LIMIT = 10**12
"""Quotas and greatest amounts: more than is ever used."""
_GAS_LIMIT = 2**24


class World(Scene):
    """The scene on a fresh anvil, where plain transfers pass between the zones and no payment needs
    an approval; customers of the euro bank, which has one token, and the merchant hold money."""

    def __init__(self, chain: Chain, escrow: str, banks: Iterable[BankDeployment]) -> None:
        super().__init__(chain, escrow, banks)
        self.escrow = chain.contract("SettlementEscrow", escrow)
        self.eur, self.hkd = (
            chain.contract("DepositToken", self.tokens[code]) for code in ("EUR", "HKD")
        )

    @classmethod
    def build(cls, chain: Chain) -> Self:
        """Deploy and set up everything on a chain whose clock stands at `START`."""
        rpc(chain, "anvil_setBlockTimestampInterval", 1)
        endow(url_of(chain), [*everybody(), PAYER, NEIGHBOUR])
        open_ = {"direct_transfers": True, "max_amount": _LIMIT}
        counted = {"period": "month", "utc_offset": 32, "quota": _LIMIT}
        # Within Germany without quota, to Hong Kong with a monthly one and a purpose.
        corridors = [
            corridor("EUR", "EEA", "EEA", **open_),
            corridor("EUR", "EEA", "HK", **open_, **counted, purpose_required=True),
        ]
        world = cls.open(chain, only(rhein_bank(), "EUR", corridors=corridors))
        at_home = [PAYER.address, NEIGHBOUR.address, NEWCOMER.address]
        world.rhein.register(CustomerCategory.RETAIL, "DE", *at_home)
        world.rhein.register(CustomerCategory.RETAIL, "HK", EXPATRIATE.address)
        holders = [DEALER, MERCHANT, PAYER, NEIGHBOUR, EXPATRIATE, PLATFORM]
        for bank, some in ((world.rhein, holders), (world.victoria, holders[:2])):
            for sequence, each in enumerate(some, 2):
                bank.mint(each.address, _BALANCE, sequence)
        # The dealer has inventory in both currencies from a payment, and keeps a balance.
        world.authorize(world.terms("an earlier one", world.hkd))
        return world

    def send(self, sender: LocalAccount, function: ContractFunction) -> TxReceipt:
        """Raises Reverted if it is refused."""
        return self.chain.send(sender, function, gas=_GAS_LIMIT)

    def terms(
        self, reference: str, target: Contract, payer: LocalAccount = PAYER, fee_bps: int = 0
    ) -> Payment:
        """Terms: EUR from a payer for EUR or HKD to the merchant."""
        eur, hkd = Currency.of("EUR"), Currency.of("HKD")
        price = Money(AMOUNT, eur)
        owed = price if target.address == self.eur.address else Money(TARGET_AMOUNT, hkd)
        return self.payment(reference, payer.address, price, owed, START, fee_bps=fee_bps)

    def do(self, sender: LocalAccount, act: Act) -> TxReceipt:
        """One act of the escrow."""
        return self.send(sender, self._function(act))

    def batch(self, batch: Iterable[Act]) -> TxReceipt:
        """A batch of the operator's acts."""
        encoded = [bytes.fromhex(calldata(self._function(act))[2:]) for act in batch]
        return self.send(OPERATOR, self.escrow.functions.batch(encoded))

    def authorize(self, payment: Payment) -> TxReceipt:
        return self.do(OPERATOR, acts.authorize(payment, **self.consents(PAYER, payment)))

    def charge(self, payment: Payment) -> TxReceipt:
        return self.do(OPERATOR, acts.charge(payment, **self.consents(PAYER, payment)))

    def capture(self, payment: Payment) -> TxReceipt:
        """In full."""
        return self.do(OPERATOR, acts.capture(payment, 0, payment.source_amount))

    def authorized(self, reference: str, target: Contract) -> Payment:
        """A payment that waits for its capture."""
        payment = self.terms(reference, target)
        self.authorize(payment)
        return payment

    def captured(self, reference: str, target: Contract) -> Payment:
        """A payment that was captured in full."""
        payment = self.authorized(reference, target)
        self.capture(payment)
        return payment

    def gas(self, receipt: TxReceipt) -> int:
        """What a transaction used.

        Raises PermanentError if the escrow kept a payout for its owner, could not restore a quota
        or skipped an act, since the gas is then that of another act.
        """
        for name in ("ClaimableAdded", "QuotaNotRestored", "ActSkipped"):
            if emitted(self.escrow, name, receipt):
                raise PermanentError(f"escrow: found the event {name}, accepted is none.")
        return int(receipt["gasUsed"])

    def _function(self, act: Act) -> ContractFunction:
        return self.escrow.functions[act.function](
            *with_signatures(act.arguments, lambda consent: consent.signature)
        )
