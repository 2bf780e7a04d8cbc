"""The world that gas is measured in: two banks, their escrow, and customers who all hold money.

Keys, times, amounts and references are fixed, so that every transaction has the same bytes in every
run, and costs the same. A bank is named by the currency of its one token.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self
from uuid import UUID

from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.constants import ADDRESS_ZERO
from web3.contract import Contract
from web3.contract.contract import ContractFunction
from web3.types import RPCEndpoint

from deposit_token import acts
from deposit_token.acts import Act
from deposit_token.bank_config import (
    BankConfig,
    BankKeys,
    CorridorConfig,
    MinterConfig,
    TokenConfig,
)
from deposit_token.chain import Chain, calldata, emitted
from deposit_token.demo.keys import account, bank_secret
from deposit_token.deployment_file import Acceptance, DeploymentFile, Issue
from deposit_token.entries import LedgerEntry
from deposit_token.errors import ChainError
from deposit_token.manifest import Manifest
from deposit_token.participants import CustomerCategory, customer_id, pack_participant
from deposit_token.payment import Payment
from deposit_token.settlement import Settlement

START = 1_767_600_000
"""The chain's first moment, Unix seconds: 2026-01-05 08:00 UTC. Each block is one second later."""
DAY = 86_400

AMOUNT = 100_00
"""What a transfer or a payment moves, in minor units of the source token."""
TARGET_AMOUNT = 850_00
"""What the merchant gets for it in the other currency, in minor units of the target token."""

_BALANCE = 500_000_00
"""What everybody holds before, in minor units."""
_LIMIT = 10**12
"""Supply caps, minters' ceilings, quotas and greatest amounts: more than is ever used."""
_LEDGERS = {"EUR": 7001, "HKD": 8001}
_ZONES = {1: ["DE"], 2: ["HK"]}
_GAS_LIMIT = 2**24
_ETHER_EACH = Web3.to_wei(100, "ether")


class World:
    """One chain with everything deployed, and the parties that act on it."""

    def __init__(self, chain: Chain, manifest: Manifest) -> None:
        self.chain = chain
        self._manifest = manifest
        self.settlement = Settlement(chain, manifest.escrow)
        self.escrow = chain.contract("SettlementEscrow", manifest.escrow)
        self.eur, self.hkd = self._token("EUR"), self._token("HKD")
        self.operator = account("operator")
        self.dealer = account("dealer")
        """Has inventory in both currencies."""
        self.merchant = account("merchant")
        """A customer of both banks, in Germany and in Hong Kong, with a balance at both."""
        self.payer = account("payer")
        """In Germany, with EUR; has paid for something in HKD earlier this month."""
        self.neighbour = account("neighbour")
        """In Germany, with EUR."""
        self.expatriate = account("expatriate")
        """In Hong Kong, with EUR."""
        self.newcomer = account("newcomer")
        """In Germany, registered for EUR, and never held any."""
        self.platform = account("platform")
        """Gets the fees: in Germany, with EUR."""

    @classmethod
    def build(cls, chain: Chain) -> Self:
        """Deploy and set up everything on a fresh anvil whose clock stands at `START`."""
        _rpc(chain, "anvil_setBlockTimestampInterval", 1)
        names = ["set-up", "operator", "dealer", "merchant", "payer", "neighbour"]
        senders = [account(name) for name in names]
        senders += [
            bank_key(code, role)
            for code in _LEDGERS
            for role in ("registrar", "releaser", "minter")
        ]
        for each in senders:
            _rpc(chain, "anvil_setBalance", each.address, hex(_ETHER_EACH))
        eur, hkd = (Issue(bank=code, currency=code) for code in _LEDGERS)
        file = DeploymentFile(
            # Within Germany without quota, to Hong Kong with a monthly one and a purpose.
            banks=[
                _bank("EUR", [_corridor(1, 1), _corridor(1, 2, counted=True)]),
                _bank("HKD", []),
            ],
            acceptances=[Acceptance(tokens=(eur, hkd))],
        )
        escrow, banks = file.deploy(chain, account("set-up"))
        world = cls(chain, Manifest.of(chain, escrow, banks.values()))
        world._open_accounts()
        world.authorize(world.payment("an earlier one", world.hkd))
        return world

    @contextmanager
    def copy(self) -> Iterator["World"]:
        """The same world, on a chain that afterwards forgets what was done to it."""
        snapshot = _rpc(self.chain, "evm_snapshot")
        # A new one, since a chain keeps the next nonces of those who send.
        chain = Chain(self.chain.web3, self.chain.chain_id, self.chain.genesis_hash)
        yield World(chain, self._manifest)
        _rpc(self.chain, "evm_revert", snapshot)

    def send(self, sender: LocalAccount, function: ContractFunction) -> int:
        """The gas that a transaction used, by its receipt.

        Raises Reverted if it is refused, and ChainError if the escrow kept a payout for its owner,
        could not restore a quota or skipped an act, since the gas is then that of another act.
        """
        receipt = self.chain.send(sender, function, gas=_GAS_LIMIT)
        for name in ("ClaimableAdded", "QuotaNotRestored", "ActSkipped"):
            if emitted(self.escrow, name, receipt):
                raise ChainError(f"{function.fn_name}: found the event {name}, accepted is none.")
        return int(receipt["gasUsed"])

    def register(
        self, bank: str, category: CustomerCategory, country: str, wallets: Iterable[str]
    ) -> int:
        """The gas of registering wallets, each of another customer, in one transaction."""
        records = {
            wallet: pack_participant(
                category, country, START + 365 * DAY, customer_id(bank_secret(bank), wallet)
            )
            for wallet in wallets
        }
        registry = self.chain.contract("AllowlistRegistry", self._manifest.banks[bank].registry)
        batch = registry.functions.registerBatch(list(records), list(records.values()))
        return self.send(bank_key(bank, "registrar"), batch)

    def mint(self, bank: str, to: str, amount: int, sequence: int) -> int:
        """The gas of minting by the bank's minter for one entry of its ledger.

        Sequence numbers up to 255 share one word of the bitmap, in use since the first mint; those
        up to 9 are taken.
        """
        entry = LedgerEntry(_LEDGERS[bank], sequence)
        mint = self._token(bank).functions.mint(to, amount, entry.id)
        return self.send(bank_key(bank, "minter"), mint)

    def payment(
        self,
        reference: str,
        target: Contract,
        payer: LocalAccount | None = None,
        fee_bps: int = 0,
    ) -> Payment:
        """Terms: EUR from a payer, `self.payer` if none is named, for EUR or HKD to the merchant.
        The UETR follows from `reference`."""
        two_currencies = target.address != self.eur.address
        hashed = bytes(Web3.keccak(text=reference))
        return Payment(
            payer=(payer or self.payer).address,
            merchant=self.merchant.address,
            operator=self.operator.address,
            dealer=self.dealer.address if two_currencies else ADDRESS_ZERO,
            arbiter=ADDRESS_ZERO,
            fee_receiver=self.platform.address if fee_bps else ADDRESS_ZERO,
            source_token=self.eur.address,
            target_token=target.address,
            source_amount=AMOUNT,
            target_amount=TARGET_AMOUNT if two_currencies else AMOUNT,
            fee_bps=fee_bps,
            authorize_by=START + DAY,
            capture_from=START,
            capture_by=START + 7 * DAY,
            resolve_by=START + 7 * DAY,
            refund_by=START + 30 * DAY,
            purpose=b"GDDS",
            uetr=UUID(bytes=hashed[:16], version=4),
            remittance_hash=hashed,
        )

    def consents(self, payment: Payment, payer: LocalAccount | None = None) -> tuple[bytes, bytes]:
        """The payer's and, in two currencies, the dealer's signature; no corridor here asks for a
        bank's approval."""
        by_payer = self.settlement.sign_as_payer(payer or self.payer, payment)
        if payment.dealer == ADDRESS_ZERO:
            return by_payer, b""
        return by_payer, self.settlement.sign_as_dealer(self.dealer, payment)

    def do(self, sender: LocalAccount, act: Act) -> int:
        """The gas of one act of the escrow."""
        return self.send(sender, self._function(act))

    def batch(self, batch: Iterable[Act]) -> int:
        """The gas of a batch of the operator's acts."""
        encoded = [bytes.fromhex(calldata(self._function(act))[2:]) for act in batch]
        return self.send(self.operator, self.escrow.functions.batch(encoded))

    def authorize(self, payment: Payment) -> int:
        """The gas of authorizing."""
        return self.do(self.operator, acts.authorize(payment, *self.consents(payment)))

    def charge(self, payment: Payment) -> int:
        """The gas of charging."""
        return self.do(self.operator, acts.charge(payment, *self.consents(payment)))

    def capture(self, payment: Payment) -> int:
        """The gas of capturing a payment in full."""
        return self.do(self.operator, acts.capture(payment, 0, payment.source_amount))

    def authorized(self, reference: str, target: Contract) -> Payment:
        """A payment that waits for its capture."""
        payment = self.payment(reference, target)
        self.authorize(payment)
        return payment

    def captured(self, reference: str, target: Contract) -> Payment:
        """A payment that was captured in full."""
        payment = self.authorized(reference, target)
        self.capture(payment)
        return payment

    def _open_accounts(self) -> None:
        """Let the tokens move, register everybody and mint, and place the dealer's inventory."""
        for bank in _LEDGERS:
            self.send(bank_key(bank, "releaser"), self._token(bank).functions.unpause())
        at_home = [self.payer, self.neighbour, self.newcomer, self.platform]
        for bank, merchant_country in (("EUR", "DE"), ("HKD", "HK")):
            self.register(bank, CustomerCategory.DEALER, "HK", [self.dealer.address])
            self.register(
                bank, CustomerCategory.MERCHANT, merchant_country, [self.merchant.address]
            )
        self.register("EUR", CustomerCategory.RETAIL, "DE", [each.address for each in at_home])
        self.register("EUR", CustomerCategory.RETAIL, "HK", [self.expatriate.address])
        customers = [self.payer, self.neighbour, self.expatriate, self.platform]
        holders = [self.dealer, self.merchant, *customers]
        for bank, some in (("EUR", holders), ("HKD", holders[:2])):
            for sequence, each in enumerate(some, 1):
                self.mint(bank, each.address, _BALANCE, sequence)
            # Half of it: the dealer, too, keeps a balance.
            self.settlement.deposit(self.dealer, self._token(bank).address, _BALANCE // 2)

    def _function(self, act: Act) -> ContractFunction:
        return self.escrow.functions[act.function](*act.arguments)

    def _token(self, bank: str) -> Contract:
        return self.chain.contract("DepositToken", self._manifest.banks[bank].tokens[bank])


def bank_key(bank: str, role: str) -> LocalAccount:
    """One of a bank's keys, such as its `minter`."""
    return account(f"bank/{bank}/{role}")


def _bank(currency: str, corridors: list[CorridorConfig]) -> BankConfig:
    token = TokenConfig(
        currency=currency, name=f"{currency} Deposit", symbol=f"{currency}d", supply_cap=_LIMIT
    )
    minter = MinterConfig(
        currency=currency,
        address=bank_key(currency, "minter").address,
        ledger_id=_LEDGERS[currency],
        ceiling=_LIMIT,
    )
    keys = {role: bank_key(currency, role).address for role in BankKeys.model_fields}
    return BankConfig(
        name=currency,
        zones=_ZONES,
        tokens=[token],
        corridors=corridors,
        keys=BankKeys(**keys),
        minters=[minter],
    )


def _corridor(from_zone: int, to_zone: int, counted: bool = False) -> CorridorConfig:
    """An open corridor for EUR, plain transfers too; `counted`: by month, and with a purpose."""
    return CorridorConfig(
        token="EUR",
        from_zone=from_zone,
        to_zone=to_zone,
        open=True,
        direct_transfers=True,
        approval_needed=False,
        purpose_required=counted,
        period="month" if counted else "none",
        utc_offset_quarters=32 if counted else 0,
        min_amount=1,
        max_amount=_LIMIT,
        quota=_LIMIT if counted else 0,
    )


def _rpc(chain: Chain, method: str, *parameters: Any) -> Any:
    """What the node answers; raises ChainError if it refuses."""
    answer = chain.web3.provider.make_request(RPCEndpoint(method), list(parameters))
    if "error" in answer:
        raise ChainError(f"RPC endpoint: found a chain that refuses {method}: {answer['error']}.")
    return answer["result"]
