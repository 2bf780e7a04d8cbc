"""The demo's world: banks, escrow, dealer, merchants and buyers on one chain."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path
from uuid import UUID

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress, HexStr
from web3 import Web3
from web3.contract import Contract
from web3.types import TxParams, TxReceipt, Wei

from deposit_token.chain.chain import Chain
from deposit_token.chain.fees import current_fees
from deposit_token.chain.sentences import in_ether
from deposit_token.demo.config import DemoConfig, Merchant
from deposit_token.demo.orders import Order, OrderFile
from deposit_token.deployment.bank import BankDeployment
from deposit_token.deployment.config import BankConfig
from deposit_token.deployment.file import MutualAcceptance, NamedToken
from deposit_token.deployment.manifest import Manifest
from deposit_token.devchain.keys import account, bank_secret, funder
from deposit_token.errors import InsufficientEther, PendingError
from deposit_token.protocol.entries import LedgerEntry
from deposit_token.protocol.participants import customer_id, pack_participant
from deposit_token.protocol.payment import NO_APPROVAL, Payment, PaymentApproval, RefundQuote
from deposit_token.protocol.sending import send_to_bank
from deposit_token.protocol.settlement import Settlement
from deposit_token.values.enumerations import CustomerCategory
from deposit_token.values.fields import ADDRESS_ZERO
from deposit_token.values.money import Currency, Money

PURPOSE = b"GDDS"
"""ISO 20022 purpose code: purchase and sale of goods."""

MINUTE, DAY = 60, 86_400
REVIEW_DAYS = 36_500
"""How long everybody's review is good: longer than any run, so that only an event lapses one."""

_SENDING_ROLES = ("registrar", "compliance", "releaser")
_DEALER_ENTRY = 1
_MINT_GAS = 500_000
_REGISTER_AT_ONCE = 100
_ETHER_EACH = Web3.to_wei(100, "ether")


class World:
    """Everything that a run acts with."""

    def __init__(
        self,
        chain: Chain,
        config: DemoConfig,
        settlement: Settlement,
        banks: dict[str, BankDeployment],
        reviewed_until: int,
    ) -> None:
        """`banks` is by name; `reviewed_until` in Unix seconds."""
        self.chain = chain
        self.settlement = settlement
        self.reviewed_until = reviewed_until
        self.operator = account("operator")
        self._config = config
        self._banks = banks

    @property
    def tokens(self) -> dict[str, str]:
        """Addresses of all tokens by currency code."""
        return {
            code: address
            for bank in self._config.banks
            for code, address in self._banks[bank.name].tokens.items()
        }

    # What a run does

    def terms(self, order: Order, price: Money, uetr: UUID, moment: int) -> Payment:
        """The terms of paying an order for `price`, written at `moment` (Unix seconds)."""
        platform = self._config.platform
        two_currencies = price.currency != order.amount.currency
        return Payment(
            payer=_buyer(order).address,
            merchant=account(f"merchant/{self._merchant(order).id}").address,
            operator=self.operator.address,
            dealer=account("dealer").address if two_currencies else ADDRESS_ZERO,
            arbiter=ADDRESS_ZERO,
            fee_receiver=account("platform fees").address if platform.fee_bps else ADDRESS_ZERO,
            source_token=self._token(price.currency).address,
            target_token=self._token(order.amount.currency).address,
            source_amount=price.amount,
            target_amount=order.amount.amount,
            fee_bps=platform.fee_bps,
            authorize_by=moment + platform.authorize_minutes * MINUTE,
            capture_from=moment,
            capture_by=moment + platform.capture_days * DAY,
            resolve_by=moment + platform.capture_days * DAY,
            refund_by=moment + platform.refund_days * DAY,
            purpose=PURPOSE,
            uetr=uetr,
            remittance_hash=bytes(Web3.keccak(text=order.invoice)),
        )

    def fund(self, order: Order, payment: Payment, maybe_funded: bool) -> None:
        """Issue what the buyer pays with, against the ledger entry of this order.

        With `maybe_funded` the token is asked first whether the entry was used by an earlier run.
        """
        # By its invoice an order has one entry, whatever file it comes in and on which line.
        sequence = int.from_bytes(payment.remittance_hash[:8])
        if not (maybe_funded and self._is_issued(order.buyer_currency, sequence)):
            self._mint(order.buyer_currency, payment.payer, payment.source_amount, sequence)

    def authorize(self, payment: Payment, order: Order) -> TxReceipt:
        """Collect every signature that the payment needs and send it."""
        return self.settlement.authorize(
            self.operator,
            payment,
            self.settlement.sign_as_payer(_buyer(order), payment),
            b""
            if payment.dealer == ADDRESS_ZERO
            else self.settlement.sign_as_dealer(account("dealer"), payment),
            self._approval(payment, order),
        )

    def refund(self, payment: Payment, order: Order, quote: RefundQuote) -> TxReceipt:
        """Have the merchant, and the dealer if there is one, sign a refund, and send it."""
        merchant = account(f"merchant/{self._merchant(order).id}")
        return self.settlement.refund_with_authorization(
            self.operator,
            payment,
            quote,
            self.settlement.sign_refund_as_merchant(merchant, payment, quote),
            b""
            if quote.dealer == ADDRESS_ZERO
            else self.settlement.sign_refund_as_dealer(account("dealer"), quote),
        )

    def block_buyer(self, order: Order) -> None:
        """The buyer's bank puts its wallet under a legal block, unless it is already."""
        bank = self._issuer(order.buyer_currency)
        registry = self._registry(bank)
        wallet = _buyer(order).address
        if not self.chain.call(registry.functions.isBlocked(wallet)):
            self.chain.send(
                account(f"bank/{bank.name}/compliance"),
                registry.functions.blockWallet(wallet, b"LEGL"),
            )

    def merchant_lapsed(self, order: Order) -> bool:
        """Whether the merchant can't be paid at the latest block."""
        merchant = self._merchant(order)
        token = self._token(merchant.currency)
        wallet = account(f"merchant/{merchant.id}").address
        return not self.chain.call(token.functions.canReceive(wallet))

    def renew_merchant(self, order: Order, valid_until: int) -> None:
        """The merchant's bank moves the end of its review (Unix seconds)."""
        merchant = self._merchant(order)
        bank = self._issuer(merchant.currency)
        wallet = account(f"merchant/{merchant.id}").address
        self.chain.send(
            account(f"bank/{bank.name}/registrar"),
            self._registry(bank).functions.renew(wallet, valid_until),
        )

    # Set-up

    def release(self) -> None:
        """End the pause that the tokens were born with, unless that was done."""
        for bank in self._config.banks:
            for token in self._banks[bank.name].tokens.values():
                functions = self.chain.contract("DepositToken", token).functions
                if self.chain.call(functions.paused()):
                    releaser = account(f"bank/{bank.name}/releaser")
                    send_to_bank(self.chain, releaser, functions.unpause())

    def onboard(self, orders: Iterable[Order]) -> None:
        """Register everybody with the banks whose tokens they use, unless they are already."""
        for bank in self._config.banks:
            dealer = self._config.dealer
            wallets = {
                account("dealer").address: (CustomerCategory.DEALER, dealer.country, "dealer")
            }
            wallets[account("platform fees").address] = (
                CustomerCategory.INSTITUTION,
                self._config.platform.country,
                "platform",
            )
            for merchant in self._config.merchants:
                if merchant.bank == bank.name:
                    wallet = account(f"merchant/{merchant.id}").address
                    wallets[wallet] = (
                        CustomerCategory.MERCHANT,
                        merchant.country,
                        f"merchant/{merchant.id}",
                    )
            for order in orders:
                if self._issuer(order.buyer_currency) is bank:
                    wallets[_buyer(order).address] = (
                        CustomerCategory.RETAIL,
                        order.country,
                        f"buyer/{order.customer}",
                    )
            self._register(bank, wallets)

    def stock_dealer(self) -> None:
        """Issue the dealer its inventory and have it placed in the escrow, unless that was done."""
        dealer = account("dealer")
        for money in self._config.dealer.inventory:
            token = self._token(money.currency)
            if not self._is_issued(money.currency, _DEALER_ENTRY):
                self._mint(money.currency, dealer.address, money.amount, _DEALER_ENTRY)
            balance = self.chain.call(token.functions.balanceOf(dealer.address))
            if balance:
                self.settlement.deposit(dealer, token.address, balance)

    def _register(
        self, bank: BankConfig, wallets: Mapping[ChecksumAddress, tuple[CustomerCategory, str, str]]
    ) -> None:
        registry = self._registry(bank)
        new = {
            wallet: pack_participant(
                category, country, self.reviewed_until, customer_id(bank_secret(bank.name), number)
            )
            for wallet, (category, country, number) in wallets.items()
            if not self.chain.call(registry.functions.participantOf(wallet))
        }
        registrar = account(f"bank/{bank.name}/registrar")
        addresses = list(new)
        for start in range(0, len(addresses), _REGISTER_AT_ONCE):
            some = addresses[start : start + _REGISTER_AT_ONCE]
            self.chain.send(
                registrar, registry.functions.registerBatch(some, [new[wallet] for wallet in some])
            )

    def _mint(self, currency: Currency, to: str, amount: int, sequence: int) -> None:
        minter = account(f"bank/{self._issuer(currency).name}/minter/{currency.code}")
        mint = self._token(currency).functions.mint(to, amount, self._entry(currency, sequence))
        send_to_bank(self.chain, minter, mint, gas=_MINT_GAS)

    def _is_issued(self, currency: Currency, sequence: int) -> bool:
        token = self._token(currency)
        entry = self._entry(currency, sequence)
        return bool(self.chain.call(token.functions.isEntryConsumed(entry)))

    def _entry(self, currency: Currency, sequence: int) -> int:
        minters = self._issuer(currency).minters
        (minter,) = (each for each in minters if each.currency == currency.code)
        return LedgerEntry(minter.ledger_id, sequence).id

    def _approval(self, payment: Payment, order: Order) -> PaymentApproval:
        """The consent of the buyer's bank, if the corridor asks for it."""
        issuer = self._issuer(order.buyer_currency)
        zone_of = {
            country: zone for zone, countries in issuer.zones.items() for country in countries
        }
        wanted = (
            order.buyer_currency.code,
            zone_of.get(order.country),
            zone_of.get(self._merchant(order).country),
        )
        for each in issuer.corridors:
            if (each.token, each.from_zone, each.to_zone) == wanted and each.approval_needed:
                approver = account(f"bank/{issuer.name}/approver")
                return self.settlement.approve_as_bank(approver, payment, payment.authorize_by)
        return NO_APPROVAL

    def _merchant(self, order: Order) -> Merchant:
        merchant = self._config.merchant(order.amount.currency)
        assert merchant is not None, "the order file was read with this configuration"
        return merchant

    def _issuer(self, currency: Currency) -> BankConfig:
        bank = self._config.issuer(currency)
        assert bank is not None, "the order file was read with this configuration"
        return bank

    def _token(self, currency: Currency) -> Contract:
        deployment = self._banks[self._issuer(currency).name]
        return self.chain.contract("DepositToken", deployment.tokens[currency.code])

    def _registry(self, bank: BankConfig) -> Contract:
        return self.chain.contract("AllowlistRegistry", self._banks[bank.name].registry)


def build_world(
    chain: Chain, config: DemoConfig, order_file: OrderFile, folder: Path | None
) -> World:
    """Deploy and set up what is not there yet, and write the manifest into `folder`.

    Without a folder none is written, as for a chain that ends with the run. Raises PendingError
    while a transaction of anybody who sends is pending: what it does could be done twice.
    """
    set_up = account("set-up")
    senders = [set_up, *_senders(config)]
    _require_none_pending(chain, senders)
    if current_fees(chain.web3, chain.profile)["maxFeePerGas"]:
        _fund(chain, senders)
    acceptances = config.acceptances or _acceptances(config)
    file = config.model_copy(update={"acceptances": acceptances})
    escrow, banks = file.deploy(chain, set_up)
    if folder is not None:
        known = Manifest.find(folder, chain)
        Manifest.of(chain, escrow, banks.values(), known).write(folder)

    last = max((int(order.timestamp.timestamp()) for order in order_file.orders), default=0)
    reviewed_until = max(last, chain.now()) + REVIEW_DAYS * DAY
    world = World(chain, config, Settlement(chain, escrow), banks, reviewed_until)
    world.release()
    world.onboard(order_file.orders)
    world.stock_dealer()
    return world


def _senders(config: DemoConfig) -> list[LocalAccount]:
    """Everybody who sends transactions; payers and merchants only sign."""
    senders = [account("operator"), account("dealer")]
    for bank in config.banks:
        senders += [account(f"bank/{bank.name}/{role}") for role in _SENDING_ROLES]
        senders += [account(f"bank/{bank.name}/minter/{token.currency}") for token in bank.tokens]
    return senders


def _require_none_pending(chain: Chain, accounts: Iterable[LocalAccount]) -> None:
    count = chain.web3.eth.get_transaction_count
    for each in accounts:
        found = count(each.address, "pending") - count(each.address, "latest")
        if found > 0:
            raise PendingError(
                f"pending transactions: found {found} of {each.address}, accepted is none, since "
                "an earlier run may have sent them: wait until they are mined, and run again."
            )


def _fund(chain: Chain, accounts: Iterable[LocalAccount]) -> None:
    balance = chain.web3.eth.get_balance
    for each in accounts:
        if balance(each.address) < _ETHER_EACH // 2:
            if balance(funder().address) <= _ETHER_EACH:
                _ask_node_for_ether(chain)
            chain.send(funder(), {"to": each.address, "value": Wei(_ETHER_EACH)}, gas=21_000)


def _ask_node_for_ether(chain: Chain) -> None:
    """Have a development node give from an account of its own, such as the developer's of
    `geth --dev`, what a hundred senders need."""
    eth, needed = chain.web3.eth, 100 * _ETHER_EACH
    for rich in eth.accounts if chain.development else ():
        if eth.get_balance(rich) > needed:
            gift: TxParams = {"from": rich, "to": funder().address, "value": Wei(needed)}
            sent = eth.send_transaction(gift)
            chain.send_signed("ether", HexStr(eth.get_raw_transaction(sent).to_0x_hex()))
            return
    found = eth.get_balance(funder().address)
    raise InsufficientEther(
        f"ether: found {in_ether(found)} ether at {funder().address}, the first of anvil's test "
        f"accounts, accepted is more than {in_ether(_ETHER_EACH)} for each sender."
    )


def _buyer(order: Order) -> LocalAccount:
    return account(f"buyer/{order.customer}/{order.country}")


def _acceptances(config: DemoConfig) -> tuple[MutualAcceptance, ...]:
    """Every token of a bank and every one that another bank's merchants are paid in."""
    paid_in = {merchant.currency.code for merchant in config.merchants}
    issues = [
        (bank.name, token.currency in paid_in, NamedToken(bank=bank.name, currency=token.currency))
        for bank in config.banks
        for token in bank.tokens
    ]
    return tuple(
        MutualAcceptance(tokens=(one, other))
        for (bank, paid, one), (other_bank, other_paid, other) in combinations(issues, 2)
        if bank != other_bank and (paid or other_paid)
    )
