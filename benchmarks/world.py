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

from deposit_token.bank_config import BankConfig, BankKeys, CorridorConfig, DeskConfig, TokenConfig
from deposit_token.chain import Chain
from deposit_token.demo.keys import account, bank_secret
from deposit_token.deployment_file import DeploymentFile, Recognition
from deposit_token.entries import JournalEntry
from deposit_token.errors import ChainError
from deposit_token.manifest import Manifest
from deposit_token.participants import Category, customer_id, pack_participant
from deposit_token.payment import Payment
from deposit_token.settlement import Settlement

START = 1_767_600_000
"""The chain's first moment, Unix seconds: 2026-01-05 08:00 UTC. Each block is one second later."""
DAY = 86_400

AMOUNT = 100_00
"""What a transfer or a payment moves, in minor units of the source token."""
TARGET_AMOUNT = 850_00
"""What the merchant gets for it in the other currency, in minor units of the target token."""

_BALANCE = 50_000_00
"""What everybody holds before, in minor units."""
_LIMIT = 10**12
"""Supply caps, desks' and customers' quotas and greatest amounts: more than is ever used."""
_LEDGERS = {"EUR": 7001, "HKD": 8001}
_ZONES = {1: ["DE"], 2: ["HK"]}
_GAS_LIMIT = 10_000_000
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

    @classmethod
    def build(cls, chain: Chain) -> Self:
        """Deploy and set up everything on a fresh anvil whose clock stands at `START`."""
        _rpc(chain, "anvil_setBlockTimestampInterval", 1)
        names = ["set-up", "operator", "dealer", "merchant", "payer"]
        senders = [account(name) for name in names]
        senders += [bank_key(code, role) for code in _LEDGERS for role in ("registrar", "desk")]
        for each in senders:
            _rpc(chain, "anvil_setBalance", each.address, hex(_ETHER_EACH))
        file = DeploymentFile(
            # Within Germany without quota, to Hong Kong with a monthly one and a purpose.
            banks=[
                _bank("EUR", [_corridor(1, 1), _corridor(1, 2, counted=True)]),
                _bank("HKD", []),
            ],
            recognitions=[Recognition(bank="EUR", issuer="HKD", currency="HKD")],
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

        Raises Reverted if it is refused, and ChainError if the escrow kept a payout for its owner
        or could not restore a quota, since the gas is then that of another act.
        """
        receipt = self.chain.send(sender, function, gas=_GAS_LIMIT)
        for name in ("ClaimableAdded", "QuotaNotRestored"):
            topic = self.escrow.events[name]().topic
            if any(log["topics"][0].to_0x_hex() == topic for log in receipt["logs"]):
                raise ChainError(f"{function.fn_name}: found the event {name}, accepted is none.")
        return int(receipt["gasUsed"])

    def register(self, bank: str, category: Category, country: str, wallets: Iterable[str]) -> int:
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
        """The gas of minting by the bank's desk for one entry of its ledger.

        Sequence numbers up to 255 share one word of the bitmap, in use since the first mint; those
        up to 9 are taken.
        """
        entry = JournalEntry(_LEDGERS[bank], sequence)
        mint = self._token(bank).functions.mint(to, amount, entry.id)
        return self.send(bank_key(bank, "desk"), mint)

    def payment(
        self, reference: str, target: Contract, payer: LocalAccount | None = None
    ) -> Payment:
        """Terms without a fee: EUR from a payer, `self.payer` if none is named, for EUR or HKD to
        the merchant. The UETR follows from `reference`."""
        two_currencies = target.address != self.eur.address
        hashed = bytes(Web3.keccak(text=reference))
        return Payment(
            payer=(payer or self.payer).address,
            merchant=self.merchant.address,
            operator=self.operator.address,
            dealer=self.dealer.address if two_currencies else ADDRESS_ZERO,
            arbiter=ADDRESS_ZERO,
            fee_receiver=ADDRESS_ZERO,
            source_token=self.eur.address,
            target_token=target.address,
            source_amount=AMOUNT,
            target_amount=TARGET_AMOUNT if two_currencies else AMOUNT,
            fee_bps=0,
            authorize_by=START + DAY,
            capture_from=START,
            capture_by=START + 7 * DAY,
            resolve_by=START + 7 * DAY,
            refund_by=START + 30 * DAY,
            purpose=b"GDDS",
            uetr=UUID(bytes=hashed[:16], version=4),
            remittance_hash=hashed,
        )

    def authorize(self, payment: Payment, payer: LocalAccount | None = None) -> int:
        """The gas of authorizing with the payer's and, in two currencies, the dealer's signature;
        no corridor here asks for a bank's approval."""
        dealer_signature = (
            b""
            if payment.dealer == ADDRESS_ZERO
            else self.settlement.sign_as_dealer(self.dealer, payment)
        )
        return self.send(
            self.operator,
            self.escrow.functions.authorize(
                payment.as_tuple(),
                self.settlement.sign_as_payer(payer or self.payer, payment),
                dealer_signature,
                (0, b""),
            ),
        )

    def capture(self, payment: Payment) -> int:
        """The gas of capturing a payment in full."""
        capture = self.escrow.functions.capture(payment.as_tuple(), payment.source_amount)
        return self.send(self.operator, capture)

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
        """Register everybody and mint, and place the dealer's inventory."""
        at_home = [self.payer, self.neighbour, self.newcomer]
        for bank, merchant_country in (("EUR", "DE"), ("HKD", "HK")):
            self.register(bank, Category.DEALER, "HK", [self.dealer.address])
            self.register(bank, Category.MERCHANT, merchant_country, [self.merchant.address])
        self.register("EUR", Category.RETAIL, "DE", [each.address for each in at_home])
        self.register("EUR", Category.RETAIL, "HK", [self.expatriate.address])
        holders = [self.dealer, self.merchant, self.payer, self.neighbour, self.expatriate]
        for bank, some in (("EUR", holders), ("HKD", holders[:2])):
            for sequence, each in enumerate(some, 1):
                self.mint(bank, each.address, _BALANCE, sequence)
            # Half of it: the dealer, too, keeps a balance.
            self.settlement.deposit(self.dealer, self._token(bank).address, _BALANCE // 2)

    def _token(self, bank: str) -> Contract:
        return self.chain.contract("DepositToken", self._manifest.banks[bank].tokens[bank])


def bank_key(bank: str, role: str) -> LocalAccount:
    """One of a bank's keys, such as its `desk`."""
    return account(f"bank/{bank}/{role}")


def _bank(currency: str, corridors: list[CorridorConfig]) -> BankConfig:
    token = TokenConfig(
        currency=currency, name=f"{currency} Deposit", symbol=f"{currency}d", supply_cap=_LIMIT
    )
    desk = DeskConfig(
        currency=currency,
        address=bank_key(currency, "desk").address,
        ledger_id=_LEDGERS[currency],
        quota=_LIMIT,
    )
    keys = {role: bank_key(currency, role).address for role in BankKeys.model_fields}
    return BankConfig(
        name=currency,
        zones=_ZONES,
        tokens=[token],
        corridors=corridors,
        recognised=[],
        keys=BankKeys(**keys),
        desks=[desk],
        upgrade_delay=2 * DAY,
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
