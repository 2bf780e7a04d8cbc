from itertools import chain as joined

import pytest

from deposit_token import chain as chain_module
from deposit_token.chain import Chain
from deposit_token.demo.keys import account
from deposit_token.entries import LedgerEntry
from deposit_token.errors import InputError
from deposit_token.manifest import Manifest
from deposit_token.participants import CustomerCategory, pack_participant
from deposit_token.reconciliation import (
    EscrowPosition,
    SupplyPosition,
    escrow_positions,
    supply_position,
)
from deposit_token.redemption import Redemptions
from deposit_token.refusals import Reverted
from tests.demo_fixtures import DAY, DEALER, MERCHANTS, OPERATOR, Shop, buyer, money
from tests.node_fixtures import Proxy, rpc, served, undone
from tests.refusals import says

TOKEN = "0x00000000000000000000000000000000DeaDBeef"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("deployments")


@pytest.fixture(scope="module")
def shop(anvil_url, folder):
    return Shop(anvil_url, folder)


def explain(shop, *codes):
    """The escrow's positions in these currencies."""
    tokens = [shop.tokens[code] for code in codes]
    return escrow_positions(shop.chain, shop.settlement.address, tokens)


def read_disturbed(shop, read, act):
    """What `read` finds on the shop's chain, with `act` before another of its calls each time."""
    proxy = Proxy(shop.chain.web3.provider.endpoint_uri)

    def act_before(number):
        def answer(ask):
            if len(proxy.asked("eth_call")) == number:
                act()
            return ask()

        return answer

    with served(proxy) as url:
        chain = Chain.connect(url)
        read(chain)
        calls = len(proxy.asked("eth_call"))
        assert calls > 2
        for number in range(1, calls + 1):
            proxy.answers["eth_call"] = act_before(number)
            proxy.calls.clear()
            yield read(chain)


def supplies(shop):
    return [supply_position(shop.chain, token) for token in shop.tokens.values()]


class TestEscrow:
    """One life of the escrow: each test goes on where the one before it ended."""

    def test_first_there_is_inventory_alone(self, shop):
        cny, eur = explain(shop, "CNY", "EUR")
        inventory = money("1000000.00 CNY").amount
        assert cny == EscrowPosition(shop.tokens["CNY"], inventory, 0, inventory, 0)
        assert eur == EscrowPosition(shop.tokens["EUR"], 0, 0, 0, 0)
        assert cny.balanced
        assert eur.balanced

    def test_positions_are_in_the_order_asked(self, shop):
        asked = ["EUR", "CNY", "HKD"]
        assert [each.token for each in explain(shop, *asked)] == [
            shop.tokens[code] for code in asked
        ]

    def test_authorized_payment_is_held_on_both_sides(self, shop):
        before = explain(shop, "CNY", "EUR")
        _, payment = shop.sold("10.00 CNY", "12.00 EUR")
        cny, eur = explain(shop, "CNY", "EUR")
        assert (eur.held, eur.balance) == (before[1].held + 12_00, before[1].balance + 12_00)
        assert (cny.held, cny.inventory) == (before[0].held + 10_00, before[0].inventory - 10_00)
        assert cny.balanced
        assert eur.balanced

        # The 4.1666… CNY that were captured are rounded down, so 5.84 of 10.00 are left.
        shop.settlement.capture(OPERATOR, payment, 0, 5_00)
        cny, eur = explain(shop, "CNY", "EUR")
        assert (eur.held, cny.held) == (before[1].held + 7_00, before[0].held + 5_84)
        assert eur.inventory == before[1].inventory + 5_00
        assert cny.balanced
        assert eur.balanced

        shop.settlement.void(OPERATOR, payment)
        assert [each.held for each in explain(shop, "CNY", "EUR")] == [each.held for each in before]
        assert all(each.balanced for each in explain(shop, "CNY", "EUR"))

    def test_captures_while_it_is_read_do_not_disturb_it(self, shop):
        _, payment = shop.sold("10.00 CNY", "12.00 EUR")
        tokens = [shop.tokens[code] for code in ("CNY", "EUR")]
        before = explain(shop, "CNY", "EUR")
        captured = 0
        for found in read_disturbed(
            shop,
            lambda chain: escrow_positions(chain, shop.settlement.address, tokens),
            lambda: shop.settlement.capture(OPERATOR, payment, shop.state(payment).captured, 11),
        ):
            assert found == before
            captured += 11
            before = explain(shop, "CNY", "EUR")
            assert shop.state(payment).captured == captured
        shop.settlement.void(OPERATOR, payment)

    def test_span_of_the_events_makes_no_difference(self, shop, monkeypatch):
        whole = explain(shop, *shop.tokens), supplies(shop)
        monkeypatch.setattr(chain_module, "LOG_SPAN", 7)
        assert (explain(shop, *shop.tokens), supplies(shop)) == whole

    def test_address_without_checksum_is_refused(self, shop):
        token, escrow = shop.tokens["CNY"], shop.settlement.address
        for act in (
            lambda: escrow_positions(shop.chain, escrow, [token.lower()]),
            lambda: escrow_positions(shop.chain, token.lower(), []),
            lambda: supply_position(shop.chain, token.lower()),
        ):
            with says(
                InputError, f"address: found {token.lower()!r}, accepted is a checksummed address."
            ):
                act()

    def test_one_currency_is_held_once(self, shop):
        before, *_ = explain(shop, "CNY")
        _, payment = shop.sold("420.00 CNY", "420.00 CNY", "HK")
        cny, *_ = explain(shop, "CNY")
        assert (cny.held, cny.inventory) == (before.held + 420_00, before.inventory)
        assert cny.balanced
        shop.settlement.capture(OPERATOR, payment, 0, 420_00)
        cny, *_ = explain(shop, "CNY")
        assert cny.held == before.held
        assert cny.balanced

    def test_disputed_payment_is_held_until_it_is_resolved(self, shop):
        before = explain(shop, "CNY", "EUR")
        arbiter, capture_by = account("arbiter"), shop.now + 2 * DAY
        order, payment = shop.sold(
            "10.00 CNY",
            "12.00 EUR",
            arbiter=arbiter.address,
            capture_by=capture_by,
            resolve_by=capture_by + DAY,
        )
        for key in (arbiter, buyer(order)):
            shop.give_ether(key)
        shop.settlement.capture(OPERATOR, payment, 0, 5_00)
        shop.settlement.dispute(buyer(order), payment)
        cny, eur = explain(shop, "CNY", "EUR")
        assert (eur.held, cny.held) == (before[1].held + 7_00, before[0].held + 5_84)
        assert cny.balanced
        assert eur.balanced

        shop.settlement.resolve(arbiter, payment, 3_00)
        cny, eur = explain(shop, "CNY", "EUR")
        assert (eur.held, cny.held) == (before[1].held, before[0].held)
        assert cny.balanced
        assert eur.balanced

    @pytest.fixture
    def lapsed(self, shop):
        """An order and its payment, authorized, whose merchant's review has lapsed."""
        order, payment = shop.sold("300.00 HKD", "40.00 EUR")
        end = shop.chain.now() + DAY
        shop.world.renew_merchant(order, end)
        shop.wait_until(end)
        yield order, payment
        shop.world.renew_merchant(order, shop.world.reviewed_until)

    def test_what_a_lapsed_merchant_is_owed_is_claimable(self, shop, lapsed):
        order, payment = lapsed
        shop.settlement.capture(OPERATOR, payment, 0, 40_00)
        hkd, *_ = explain(shop, "HKD")
        assert (hkd.claimable, hkd.held) == (298_50, 0)
        assert hkd.balanced

        shop.world.renew_merchant(order, shop.world.reviewed_until)
        shop.settlement.claim(OPERATOR, shop.tokens["HKD"], MERCHANTS["HKD"].address)
        hkd, *_ = explain(shop, "HKD")
        assert hkd.claimable == 0
        assert hkd.balanced

    def test_withdrawn_inventory_is_gone(self, shop):
        shop.settlement.withdraw(DEALER, shop.tokens["HKD"], 500_00)
        before, *_ = explain(shop, "HKD")
        assert before.balanced
        shop.settlement.deposit(DEALER, shop.tokens["HKD"], 500_00)
        hkd, *_ = explain(shop, "HKD")
        assert (hkd.inventory, hkd.balance) == (before.inventory + 500_00, before.balance + 500_00)
        assert hkd.balanced

    def test_tokens_that_nobody_accounts_for_are_found(self, shop):
        order, payment = shop.sell("420.00 CNY", "420.00 CNY", "HK")
        token = shop.chain.contract("DepositToken", payment.source_token).functions
        donor, escrow = buyer(order), shop.settlement.address
        shop.give_ether(donor)
        # The token lets nobody give to the escrow, so here the escrow takes by itself.
        with pytest.raises(Reverted, match="SystemAccountClosed"):
            shop.chain.send(donor, token.transfer(escrow, 7))
        shop.chain.send(donor, token.approve(escrow, 7))
        with undone(shop.chain) as chain:
            rpc(chain, "anvil_setBalance", escrow, hex(10**18))
            rpc(chain, "anvil_impersonateAccount", escrow)
            sent = token.transferFrom(donor.address, escrow, 7).transact({"from": escrow})
            assert chain.web3.eth.wait_for_transaction_receipt(sent)["status"] == 1

            cny, eur = explain(shop, "CNY", "EUR")
            assert not cny.balanced
            assert cny.balance - (cny.held + cny.inventory + cny.claimable) == 7
            assert eur.balanced
            assert supply_position(chain, payment.source_token).balanced

    @pytest.mark.parametrize("field", ["balance", "held", "inventory", "claimable"])
    def test_every_number_counts(self, field):
        numbers = {"balance": 60, "held": 10, "inventory": 20, "claimable": 30}
        assert EscrowPosition(TOKEN, **numbers).balanced
        assert not EscrowPosition(TOKEN, **numbers | {field: numbers[field] + 1}).balanced


class TestSupply:
    def test_every_token_is_explained(self, shop):
        shop.sold("90.00 CNY", "10.00 EUR")
        found = supplies(shop)
        assert [each.token for each in found] == list(shop.tokens.values())
        for each in found:
            assert each.balanced
            assert each.minted == each.supply == each.balances > 0
            assert each.burned == 0

    def test_minted_is_what_the_minter_issued(self, shop):
        before = supply_position(shop.chain, shop.tokens["EUR"])
        shop.sell("90.00 CNY", "10.00 EUR")
        after = supply_position(shop.chain, shop.tokens["EUR"])
        assert after.minted - before.minted == 10_00
        assert after.supply - before.supply == 10_00
        assert after.balanced

    def test_mints_while_it_is_read_do_not_disturb_it(self, shop):
        token = shop.tokens["EUR"]
        before = supply_position(shop.chain, token)
        for found in read_disturbed(
            shop,
            lambda chain: supply_position(chain, token),
            lambda: shop.sell("90.00 CNY", "10.00 EUR"),
        ):
            assert found == before
            before = supply_position(shop.chain, token)
            assert before.minted == found.minted + 10_00

    def test_burned_is_what_the_minter_took_back(self, shop, folder):
        minter, registrar = account("bank/buyers/minter/EUR"), account("bank/buyers/registrar")
        bank = Manifest.read(folder, shop.chain).banks["Buyers' Bank (DE)"]
        registry = shop.chain.contract("AllowlistRegistry", bank.registry).functions
        record = pack_participant(CustomerCategory.INSTITUTION, "DE", shop.world.reviewed_until, 99)
        shop.chain.send(registrar, registry.registerBatch([minter.address], [record]))
        token = shop.chain.contract("DepositToken", shop.tokens["EUR"]).functions
        ledger_id, *_ = shop.chain.call(token.minterOf(minter.address))
        entries = (LedgerEntry(ledger_id, 7_000 + number).id for number in (1, 2))
        before = supply_position(shop.chain, shop.tokens["EUR"])

        shop.chain.send(minter, token.mint(minter.address, 8_00, next(entries)))
        shop.chain.send(minter, token.burn(3_00, next(entries)))
        after = supply_position(shop.chain, shop.tokens["EUR"])
        assert after.burned == before.burned + 3_00
        assert after.supply == before.supply + 5_00
        assert after.balanced

    def test_settled_redemption_is_burned(self, shop):
        minter, payout_officer = (
            account("bank/buyers/minter/EUR"),
            account("bank/buyers/payout_officer"),
        )
        order, _ = shop.sell("90.00 CNY", "10.00 EUR")
        holder = buyer(order)
        for key in (payout_officer, holder):
            shop.give_ether(key)
        token = shop.chain.contract("DepositToken", shop.tokens["EUR"]).functions
        ledger_id, *_ = shop.chain.call(token.minterOf(minter.address))
        before = supply_position(shop.chain, shop.tokens["EUR"])
        redemptions = Redemptions(shop.chain, shop.tokens["EUR"])

        _, redemption_id = redemptions.request(holder, 4_00, bytes(32))
        redemptions.accept(payout_officer, redemption_id)
        assert supply_position(shop.chain, shop.tokens["EUR"]) == before
        redemptions.settle(minter, redemption_id, LedgerEntry(ledger_id, 7_003))
        after = supply_position(shop.chain, shop.tokens["EUR"])
        assert after.burned == before.burned + 4_00
        assert (after.supply, after.minted) == (before.supply - 4_00, before.minted)
        assert after.balanced

    @pytest.mark.parametrize("field", ["minted", "burned", "supply", "balances"])
    def test_every_number_counts(self, field):
        numbers = {"minted": 30, "burned": 10, "supply": 20, "balances": 20}
        assert SupplyPosition(TOKEN, **numbers).balanced
        assert not SupplyPosition(TOKEN, **numbers | {field: numbers[field] + 1}).balanced


def test_amounts_of_all_tokens_add_up_after_everything(shop):
    positions = explain(shop, *shop.tokens)
    assert all(each.balanced for each in joined(positions, supplies(shop)))
