"""A payment log that is lost, an old copy, of another chain, or damaged: nothing is paid twice."""

import shutil
from dataclasses import replace
from itertools import count

import pytest
from sqlalchemy import text

from deposit_token.chain.chain import Chain
from deposit_token.devchain.keys import account
from deposit_token.errors import PaymentLogError, PendingError, WrongChain, WrongStore
from deposit_token.values.enumerations import PaymentStatus
from tests.library.platform.market import TERMS, Market
from tests.library.platform.test_operator import events, steps
from tests.library.shop import Shop
from tests.nodes import advance, rpc
from tests.refusals import refuses
from tests.scene import DEALER, MERCHANT, endow, money

pytestmark = pytest.mark.anvil("mines when it is told to")

_, AUTHORIZED, _, CAPTURED, VOIDED, *_ = PaymentStatus


@pytest.fixture
def market(shop, store):
    return Market(shop, store)


@pytest.fixture
def new_store(request, store, tmp_path, connect):
    """Opens an empty store of the same kind, as often as asked."""
    numbers = count()

    def new():
        if "sqlite" in request.node.callspec.id:
            return connect(f"sqlite:///{tmp_path / f'{next(numbers)}.sqlite'}")
        return connect(request.getfixturevalue("postgresql").new())

    return new


def refund(market, operator, payment, amount, key):
    quote = operator.quote_refund("S-1", money(amount), key)
    settlement = market.shop.settlement
    by_merchant = settlement.sign_refund_as_merchant(MERCHANT, payment, quote)
    by_dealer = settlement.sign_refund_as_dealer(DEALER, quote)
    return operator.refund("S-1", quote, by_merchant, by_dealer, key)


class TestLostLog:
    def test_whoever_does_all_again_does_nothing_twice(self, market, shop, new_store):
        """Four times, each with an empty log."""

        def pay_all(operator):
            _, payment = market.pay("S-1", buyer, operator=operator)
            operator.authorize("S-1", **shop.consents(buyer, payment))
            operator.finish()
            operator.capture("S-1", money("40.00 EUR"), "first")
            operator.capture("S-1", key="rest")
            operator.finish()
            for key in ("one", "two"):
                refund(market, operator, payment, "90.00 HKD", key)
                operator.finish()
            return payment

        buyer, _ = shop.sell()
        payment = pay_all(market.operator)
        block = shop.chain.web3.eth.block_number
        told = market.operator.payment("S-1")
        for _ in range(3):
            operator = market.open(new_store())
            assert pay_all(operator) == payment
            found = operator.payment("S-1")
            assert steps(found) == steps(told)
            for each in ("status", "captured", "refunded", "returned", "fee", "net", "held"):
                assert getattr(found, each) == getattr(told, each)
            assert [each.transaction for each in found.steps] == [
                each.transaction for each in told.steps
            ]
            assert [each.at for each in found.steps] == [each.at for each in told.steps]
        assert shop.chain.web3.eth.block_number == block

    def test_what_comes_after_is_made(self, market, shop, new_store):
        """First of two refunds of the same amount: it is not taken for the second."""
        buyer, payment = market.captured("S-1")
        refund(market, market.operator, payment, "90.00 HKD", "one")
        market.operator.finish()
        operator = market.open(new_store())
        market.pay("S-1", buyer, operator=operator)
        for key in ("one", "two"):
            refund(market, operator, payment, "90.00 HKD", key)
            operator.finish()
        assert len(events(shop, "PaymentRefunded", payment)) == 2
        market.pay("S-2", operator=operator)

    def test_other_content_than_the_chain_s_is_refused(self, market, shop, new_store):
        buyer, _ = market.authorized("S-1")
        market.operator.capture("S-1", money("40.00 EUR"))
        market.operator.finish()
        operator = market.open(new_store())
        entered = f"{{'merchant': '{MERCHANT.address}'}}, as it was entered before"
        with refuses("payment S-1", {"merchant": DEALER.address}, entered):
            market.pay("S-1", buyer, operator=operator, merchant=DEALER.address)
        market.pay("S-1", buyer, operator=operator)
        has = "40.00 EUR, which the chain has and nobody has asked for yet"
        with refuses("capture", "30.00 EUR", has):
            operator.capture("S-1", money("30.00 EUR"))
        assert operator.capture("S-1", money("40.00 EUR")).done
        operator.capture("S-1", money("30.00 EUR"), "second")
        operator.finish()
        assert operator.payment("S-1").captured == 70_00

    def test_payment_is_found_by_its_uetr_too(self, market, new_store):
        buyer, payment = market.authorized("S-1")
        operator = market.open(new_store(), terms=replace(TERMS, secret=bytes(32)))
        assert market.pay("S-1", buyer, operator=operator, uetr=payment.uetr)[1] == payment

    def test_what_was_not_authorized_is_entered_anew(self, market, new_store):
        buyer, payment = market.pay("S-1")
        operator = market.open(new_store())
        assert market.pay("S-1", buyer, operator=operator)[1].uetr != payment.uetr

    def test_what_is_not_final_is_waited_for(self, market, shop, new_store):
        buyer, payment = market.pay("S-1")
        market.operator.authorize("S-1", **shop.consents(buyer, payment))
        rpc(shop.chain, "evm_setAutomine", False)
        try:
            market.operator.step()
            operator = market.open(new_store(), finality={"depth": 2})
            waits = (
                rf"^transactions of {market.keys[0].address}: found 1 that are not final, some of "
                "which the store has not, accepted is none: wait until they are final\\.$"
            )
            for _ in range(3):
                with pytest.raises(PendingError, match=waits):
                    market.pay("S-1", buyer, operator=operator)
                rpc(shop.chain, "evm_mine")
        finally:
            rpc(shop.chain, "evm_setAutomine", True)
        assert market.pay("S-1", buyer, operator=operator)[1] == payment
        assert operator.payment("S-1").status is AUTHORIZED

    def test_key_that_was_used_for_something_else_is_no_hindrance(self, market, shop):
        shop.chain.send(market.keys[0], {"to": MERCHANT.address})
        operator = market.open()
        market.captured("S-1", operator=operator)
        assert operator.payment("S-1").status is CAPTURED


class TestOldCopy:
    """The log is put back to a copy; the chain has more by then."""

    @pytest.fixture
    def put_back(self, tmp_path, shop, connect):
        """A market, and what gives an operator on a copy of its log as it is now."""
        store = connect(f"sqlite:///{tmp_path / 'store.sqlite'}")
        market = Market(shop, store)
        numbers = count()

        def copy():
            with store.reading() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            path = tmp_path / f"copy {next(numbers)}.sqlite"
            shutil.copy(tmp_path / "store.sqlite", path)
            return connect(f"sqlite:///{path}")

        return market, copy

    def test_what_the_chain_has_is_taken_up(self, put_back, shop):
        market, copy = put_back
        _, payment = market.authorized("S-1")
        old = copy()
        market.operator.capture("S-1", money("40.00 EUR"))
        market.operator.finish()
        buyer, second = market.authorized("S-2")
        operator = market.open(old)
        assert operator.payment("S-1").captured == 0
        assert market.pay("S-2", buyer, operator=operator)[1] == second
        assert operator.payment("S-1").captured == 40_00
        assert operator.capture("S-1", money("40.00 EUR")).done
        operator.capture("S-1", key="rest")
        operator.finish()
        amounts = [each["sourceAmount"] for each in events(shop, "PaymentCaptured", payment)]
        assert amounts == [40_00, 60_00]
        assert operator.payment("S-1").status is CAPTURED

    def test_what_was_under_way_then_is_not_done_twice(self, put_back, shop):
        market, copy = put_back
        _, payment = market.authorized("S-1")
        market.operator.capture("S-1", money("40.00 EUR"))
        old = copy()
        market.operator.finish()
        operator = market.open(old)
        operator.finish()
        assert operator.capture("S-1", money("40.00 EUR")).refused
        assert operator.payment("S-1").captured == 40_00
        assert operator.capture("S-1", money("40.00 EUR"), "again").done
        assert len(events(shop, "PaymentCaptured", payment)) == 1

    def test_opening_that_was_under_way_then_is_the_chain_s(self, put_back, shop):
        market, copy = put_back
        buyer, payment = market.pay("S-1")
        consents = shop.consents(buyer, payment)
        market.operator.authorize("S-1", **consents)
        old = copy()
        market.operator.finish()
        operator = market.open(old)
        operator.finish()
        assert operator.payment("S-1").status is AUTHORIZED
        assert operator.authorize("S-1", **consents).done
        operator.void("S-1")
        operator.finish()
        assert operator.payment("S-1").status is VOIDED

    @pytest.mark.parametrize("call", ["pay", "renew"])
    def test_payment_that_was_renewed_since_is_not_renewed_again(self, put_back, shop, call):
        market, copy = put_back
        buyer, first = market.pay("S-1")
        old = copy()
        advance(shop.chain, first.authorize_by)
        second = market.operator.renew("S-1", quote=market.quote("0.11"))
        market.operator.authorize("S-1", **shop.consents(buyer, second))
        market.operator.finish()
        operator = market.open(old)
        if call == "pay":
            assert market.pay("S-1", buyer, operator=operator, quote=None)[1] == second
        else:
            assert operator.renew("S-1", quote=market.quote()) == second
        assert operator.payment("S-1").status is AUTHORIZED
        assert operator.payment(first.uetr).renewed_as == second.uetr


class TestOtherChain:
    def test_store_of_another_chain_is_one_sentence(self, market, start_anvil):
        with start_anvil("--chain-id", "1337") as url:
            shop = Shop.open(Chain.connect(url))
            with pytest.raises(WrongChain, match=r"^chain id: found 1337, accepted is 31337, "):
                Market(shop, market.store)

    def test_same_chain_without_its_payments_is_one_sentence(self, start_anvil, store):
        """anvil is started again with the same block 0, and everything is deployed again."""
        key = account("platform of two chains")
        for turn in range(2):
            with start_anvil("--timestamp", "1777000000") as url:
                endow(url, [key])
                shop = Shop.open(Chain.connect(url))
                if turn == 0:
                    market = Market(shop, store)
                    operator = market.open(keys=[key])
                    _, payment = market.captured("S-1", operator=operator)
                    continue
                market.shop = shop
                with pytest.raises(PaymentLogError) as refusal:
                    market.open(keys=[key])
        assert str(refusal.value) == (
            f"payment S-1 with UETR {payment.uetr}: found it never authorized on the chain, "
            "accepted is captured, as the payment log has it since that was final: the chain is "
            "another, or was put back."
        )


class TestDamage:
    @pytest.fixture
    def damaged(self, market):
        """What opens the log after a statement has changed it."""
        market.authorized("S-1")
        market.pay("S-2")

        def damage(statement, **values):
            with market.store.writing() as connection:
                connection.execute(text(statement), values)
            return market.operator

        return damage

    def test_id_that_is_not_that_of_the_terms(self, damaged, market):
        id = market.operator.payment("S-2").id
        operator = damaged("UPDATE payments SET id = :id WHERE reference = 'S-2'", id=f"0x{1:064x}")
        with pytest.raises(PaymentLogError) as refusal:
            operator.payment("S-2")
        assert str(refusal.value).endswith(
            f": found the id 0x{1:064x} in the payment log, accepted is 0x{id.hex()}, that of its "
            "terms."
        )

    @pytest.mark.parametrize(
        "change",
        [
            "payments SET terms = '{\"payer\": 1}' WHERE reference = 'S-1'",
            "payments SET uetr = 'x', renewed_as = 'y' WHERE reference = 'S-1'",
            "steps SET kind = 'steal'",
            "steps SET source_amount = 'much'",
            "instructions SET state = 'done?'",
        ],
    )
    def test_row_that_can_t_be_read(self, damaged, change):
        operator = damaged(f"UPDATE {change}")
        with pytest.raises(PaymentLogError, match=r"^payment log: found a row that can't be read "):
            operator.payment("S-1")

    @pytest.mark.parametrize("store", ["sqlite"], indirect=True)
    def test_json_that_is_none(self, damaged):
        """PostgreSQL keeps no other."""
        operator = damaged("UPDATE payments SET terms = '{' WHERE reference = 'S-1'")
        with pytest.raises(WrongStore, match=r"^store: found a row that can't be read "):
            operator.payment("S-1")
