"""The sender: each instruction is carried out once, as the chain's own events say."""

import logging
from copy import copy
from random import Random

import pytest

from deposit_token.chain.chain import Chain
from deposit_token.chain.profile import CappedFees, NetworkProfile
from deposit_token.chain.sender import Sender
from deposit_token.errors import (
    InputError,
    LeaseLost,
    NodeError,
    PendingError,
    StoreError,
    Unauthorised,
    Unreachable,
)
from deposit_token.store.memory import MemoryStore
from deposit_token.store.records import Fate
from deposit_token.store.store import Store
from tests.library.chain.bench import ASSIGNED, DONE, REFUSED, Bench, depth
from tests.nodes import Proxy, Reply, in_turn, lost, rpc, served
from tests.refusals import refuses
from tests.scene import SET_UP, STRANGER

DEPTH = 6
TIMED_OUT = {"error": {"code": -32000, "message": "request timed out"}}


@pytest.fixture
def bench(start_anvil):
    """On a chain of its own, which reorganisations and the clock of its fees are undone with."""
    with start_anvil("--slots-in-an-epoch", "1") as url:
        yield Bench(url, MemoryStore(), depth(DEPTH))


class TestOneInstruction:
    @pytest.mark.parametrize(
        ("finality", "above"),
        [(depth(1), 1), (depth(DEPTH), DEPTH), ("at once", 0), ("finalized", 2)],
    )
    def test_it_is_done_once_its_event_is_final(self, bench, finality, above):
        bench.add(1)
        sender = bench.sender(finality=finality)
        sender.step()
        (signed,) = bench.unsettled()
        assert (bench.states(1), signed.fate) == ([ASSIGNED], Fate.SENT)
        bench.mine()
        for _ in range(above):
            sender.step()
            (mined,) = bench.unsettled()
            assert (bench.states(1), mined.fate) == ([ASSIGNED], Fate.MINED)
            assert (
                mined.block_hash == bench.chain.web3.eth.get_block(mined.block)["hash"].to_0x_hex()
            )
            bench.mine()
        sender.step()
        assert (bench.states(1), bench.unsettled()) == ([DONE], [])
        assert bench.stands(1).transaction == signed.hash
        block = bench.chain.web3.eth.get_block(mined.block if above else "latest")
        assert bench.stands(1).at == block["timestamp"]
        assert bench.named() == {1: 1}

    def test_who_has_nothing_under_way_follows_no_blocks(self, bench):
        """Of a hundred keys few have, and each would ask for all of them."""
        proxy = Proxy(bench.url)
        with served(proxy) as url:
            sender = bench.sender(url=url)
            bench.mine(30)
            sender.step()
            assert {each for (each, _) in proxy.asked("eth_getBlockByNumber")} <= {"0x0", "latest"}
            bench.add(1)
            bench.finish(sender, 1)
        assert bench.states(1) == [DONE]

    def test_waiting_too_long_with_the_highest_fees_changes_nothing(self, bench, connect, tmp_path):
        store = connect(f"sqlite:///{tmp_path / 'store.sqlite'}")
        store.add([bench.instruction(1)])
        proxy = Proxy(bench.url)
        proxy.answers["eth_sendRawTransaction"] = lambda ask: TIMED_OUT
        with served(proxy) as url:
            sender = bench.sender(url=url, store=store, bump_after=1)
            for _ in range(4):
                sender.step()
                bench.mine()
        (waiting,) = store.unsettled(SET_UP.address)
        assert waiting.fate is Fate.SIGNED

    def test_refused_one_has_the_contract_s_reason(self, bench):
        bench.add(0, 1)
        bench.finish(bench.sender(), 0, 1)
        assert bench.states(0, 1) == [REFUSED, DONE]
        refused = bench.stands(0)
        assert refused.reason == (
            f"transaction to '{bench.manager.address}': found the role ADMIN, which can't be "
            "changed, accepted is another role."
        )
        receipt = bench.chain.receipt(bytes.fromhex(refused.transaction[2:]))
        assert receipt["status"] == 0

    def test_one_without_its_event_is_refused_too(self, bench):
        bench.store.add([bench.instruction(1, to=STRANGER.address)])
        bench.finish(bench.sender(), 1)
        assert bench.states(1) == [REFUSED]
        assert bench.stands(1).reason == (
            f"proof: found no such event in transaction {bench.stands(1).transaction}, accepted is "
            "the one of the instruction."
        )

    def test_event_of_another_transaction_is_no_proof(self, bench):
        bench.store.add(
            [bench.instruction(1), bench.instruction(1, id="void", to=STRANGER.address)]
        )
        sender = bench.sender()
        bench.finish(sender, 1)
        assert bench.states(1) == [DONE]
        assert bench.store.find(["void"])["void"].state is REFUSED

    def test_what_happens_is_logged_with_uetr_and_hash(self, bench, caplog):
        caplog.set_level(logging.INFO, "deposit_token")
        bench.add(0, 1)
        nonce = bench.chain.web3.eth.get_transaction_count(SET_UP.address)
        bench.finish(bench.sender(), 0, 1)
        hashes = [bench.stands(each).transaction for each in (0, 1)]
        assert [
            (each.levelname, each.uetr, each.transaction_hash, each.getMessage())
            for each in caplog.records
            if hasattr(each, "uetr")
        ] == [
            ("INFO", "uetr-0", hashes[0], f"role-0: signed with nonce {nonce}"),
            ("INFO", "uetr-1", hashes[1], f"role-1: signed with nonce {nonce + 1}"),
            ("WARNING", "uetr-0", hashes[0], f"role-0: refused: {bench.stands(0).reason}"),
            ("INFO", "uetr-1", hashes[1], "role-1: done, and final"),
        ]


class TestManyInstructions:
    def test_at_most_so_many_wait_to_be_mined(self, bench):
        bench.add(*range(1, 8))
        sender = bench.sender(in_flight=3)
        waiting = []
        for _ in range(3):
            sender.step()
            sender.step()
            waiting.append([each for _, each in bench.fates()].count(Fate.SENT))
            bench.mine()
        assert waiting == [3, 3, 1]
        bench.finish(sender, *range(1, 8))
        assert bench.named() == dict.fromkeys(range(1, 8), 1)

    def test_they_are_mined_in_order(self, bench):
        bench.add(*range(1, 131))
        bench.finish(bench.sender(), *range(1, 131))
        nonces = [
            bench.chain.web3.eth.get_transaction(bench.stands(each).transaction)["nonce"]
            for each in range(1, 131)
        ]
        assert nonces == list(range(nonces[0], nonces[0] + 130))
        assert bench.named() == dict.fromkeys(range(1, 131), 1)

    def test_run_goes_on_until_it_is_told(self, bench):
        bench.add(*range(1, 6))

        def settled():
            bench.mine()
            return bench.are_settled(*range(1, 6))

        bench.sender().run(settled)
        assert bench.named() == dict.fromkeys(range(1, 6), 1)


class Killed(BaseException):
    """The process ends here."""


def deadly(store, call, after):
    """The same store, whose call of this number kills whoever makes it: before it is done, or
    after."""
    left = [call]

    def killing(method):
        def called(*arguments):
            left[0] -= 1
            if left[0] == 0 and not after:
                raise Killed
            found = method(*arguments)
            if left[0] == 0:
                raise Killed
            return found

        return called

    twin = copy(store)
    for name in vars(Store):
        if not name.startswith("_"):
            setattr(twin, name, killing(getattr(store, name)))
    return twin


@pytest.mark.slow
class TestKills:
    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize(
        ("store", "automine"),
        [("memory", False), ("memory", True), ("sqlite", True), ("postgresql", True)],
        indirect=["store"],
    )
    def test_whoever_goes_on_doubles_and_loses_nothing(self, start_anvil, store, after, automine):
        """A sender dies at each of its calls of the store in turn, and another goes on."""
        with start_anvil() as url:
            bench = Bench(url, store, depth(2))
            rpc(bench.chain, "evm_setAutomine", automine)
            kills, names = 0, []
            while True:
                kills += 1
                numbers = [10 * kills, 10 * kills + 1]
                names += numbers
                bench.add(*numbers)
                # So few in flight that there are several rounds with something to sign.
                sender = bench.sender(store=deadly(bench.store, kills, after), in_flight=1)
                try:
                    bench.finish(sender, *numbers)
                except Killed:
                    bench.finish(bench.sender(in_flight=1), *numbers)
                else:
                    break
                assert bench.named() == dict.fromkeys(names, 1)
            assert bench.states(*names) == [DONE] * len(names)
        assert kills > 15


class TestFailingStore:
    @pytest.mark.parametrize("kept", [False, True])
    @pytest.mark.parametrize("call", range(1, 9))
    def test_same_sender_goes_on_with_what_the_store_has(self, bench, call, kept):
        """It fails once, and it is open whether it has kept what it was given."""
        bench.add(1, 2, 3)
        left = [call]

        def failing(method):
            def called(*arguments):
                left[0] -= 1
                if left[0] == 0 and not kept:
                    raise StoreError("store: found it busy, accepted is one that is not.")
                found = method(*arguments)
                if left[0] == 0:
                    raise StoreError("store: found it gone, accepted is one that answers.")
                return found

            return called

        store = copy(bench.store)
        for name in ("sign", "record"):
            setattr(store, name, failing(getattr(bench.store, name)))
        sender = bench.sender(store=store, in_flight=1)

        def settled():
            bench.mine()
            return bench.are_settled(1, 2, 3)

        sender.run(settled)
        assert left[0] < 1
        assert bench.named() == {1: 1, 2: 1, 3: 1}


class TestSecondSender:
    @pytest.fixture
    def bench(self, start_anvil, store):
        with start_anvil() as url:
            yield Bench(url, store, depth(2))

    def test_one_of_them_sends_at_a_time(self, bench):
        bench.add(1, 2)
        first, second = bench.sender(lease_seconds=60), bench.sender()
        first.step()
        before = bench.unsettled()
        bench.mine()
        second.step()
        assert bench.unsettled() == before
        bench.finish(first, 1, 2)

    def test_next_one_goes_on(self, bench):
        bench.add(1, 2, 3)
        senders = [bench.sender(in_flight=2) for _ in range(2)]
        for turn in range(30):
            senders[turn % 2].step()
            bench.mine()
        assert bench.states(1, 2, 3) == [DONE] * 3
        assert bench.named() == {1: 1, 2: 1, 3: 1}

    def test_one_that_was_overtaken_while_it_signed_sends_nothing(self, bench):
        """It sleeps through its lease; meanwhile another does all that it was about to do."""
        bench.add(1, 2)
        second = bench.sender()

        class Sleepy:
            address = SET_UP.address
            asleep = True

            def sign_transaction(self, transaction):
                if self.asleep:
                    self.asleep = False
                    bench.finish(second, 1, 2)
                return SET_UP.sign_transaction(transaction)

        first = bench.sender(account=Sleepy())
        with pytest.raises(LeaseLost, match=f"^lease of {SET_UP.address}: found it held by "):
            first.step()
        assert rpc(bench.chain, "txpool_status")["pending"] == "0x0"
        bench.add(3)
        bench.finish(first, 1, 2, 3)
        assert bench.named() == {1: 1, 2: 1, 3: 1}


class TestForeignTransaction:
    """Something else sends from the account."""

    def take(self, bench, nonce):
        """Take a nonce, with fees that nothing of the sender's outbids."""
        call = {"to": STRANGER.address, "value": 1, "chainId": bench.chain.chain_id, "gas": 21_000}
        fees = {"maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**11}
        signed = SET_UP.sign_transaction(call | fees | {"nonce": nonce})
        bench.chain.web3.eth.send_raw_transaction(signed.raw_transaction)
        return signed.raw_transaction.to_0x_hex()

    def test_what_it_displaces_is_open_again_once_that_is_final(self, bench):
        bench.add(1, 2)
        sender = bench.sender()
        sender.step()
        (first, _), (second, _) = bench.fates()
        self.take(bench, first)
        bench.mine()
        for _ in range(DEPTH):
            sender.step()
            assert [each for each, _ in bench.fates()] == [first, second]
            assert bench.states(1, 2) == [ASSIGNED, ASSIGNED]
            bench.mine()
        sender.step()
        assert bench.fates() == [(second + 1, Fate.SENT)]
        assert bench.states(1, 2) == [ASSIGNED, DONE]
        bench.finish(sender, 1, 2)
        assert bench.states(1, 2) == [DONE, DONE]
        assert bench.named() == {1: 1, 2: 1}

    def test_what_comes_back_when_that_is_undone_is_done(self, bench):
        bench.add(1)
        sender = bench.sender()
        sender.step()
        ((nonce, _),) = bench.fates()
        self.take(bench, nonce)
        bench.mine(DEPTH - 1)
        sender.step()
        bench.reorganise(DEPTH - 1)
        bench.finish(sender, 1)
        assert bench.named() == {1: 1}

    @pytest.mark.parametrize("in_flight", [1, 9])
    def test_nonce_that_nobody_uses_any_more_is_filled(self, bench, in_flight):
        """The sender's transaction waits for one of a foreign hand that was undone."""
        sender = bench.sender(in_flight=in_flight)
        nonce = bench.chain.web3.eth.get_transaction_count(SET_UP.address)
        self.take(bench, nonce)
        bench.mine()
        bench.add(1)
        sender.step()
        assert bench.fates() == [(nonce + 1, Fate.SENT)]
        bench.reorganise(1)
        sender.step()
        assert [each for each, _ in bench.fates()] == [nonce, nonce + 1]
        assert bench.unsettled()[0].ids == ()
        bench.finish(sender, 1)
        assert bench.named() == {1: 1}

    def test_filler_that_comes_too_late_is_lost(self, bench):
        sender = bench.sender()
        nonce = bench.chain.web3.eth.get_transaction_count(SET_UP.address)
        raw = self.take(bench, nonce)
        bench.mine()
        bench.add(1)
        sender.step()
        bench.reorganise(1)
        sender.step()
        bench.reorganise(1, raw)
        bench.finish(sender, 1)
        assert bench.named() == {1: 1}


class TestReorganisation:
    @pytest.mark.parametrize("dropped", [1, 2, 3, 4, 5])
    def test_what_it_drops_is_sent_again(self, bench, dropped):
        bench.add(1, 2)
        sender = bench.sender()
        sender.step()
        bench.mine(dropped)
        sender.step()
        assert [each for _, each in bench.fates()] == [Fate.MINED, Fate.MINED]
        before = [each.raw for each in bench.unsettled()]
        bench.reorganise(dropped)
        sender.step()
        assert [each for _, each in bench.fates()] == [Fate.SENT, Fate.SENT]
        assert [each.raw for each in bench.unsettled()] == before
        bench.mine()
        sender.step()
        assert [each for _, each in bench.fates()] == [Fate.MINED, Fate.MINED]
        bench.finish(sender, 1, 2)
        assert bench.named() == {1: 1, 2: 1}

    @pytest.mark.parametrize("dropped", [1, 2, 3, 4, 5])
    @pytest.mark.parametrize("anew", [False, True])
    def test_in_mid_run_it_doubles_and_loses_nothing(self, bench, dropped, anew):
        """Every few rounds, with the same sender or another after each."""
        numbers = range(1, 31)
        bench.add(*numbers)
        sender = bench.sender(in_flight=4)
        for turn in range(24):
            sender.step()
            bench.mine()
            if turn % 4 == 3:
                bench.reorganise(dropped)
                sender = bench.sender(in_flight=4) if anew else sender
        bench.finish(sender, *numbers)
        assert bench.states(*numbers) == [DONE] * len(numbers)
        assert bench.named() == dict.fromkeys(numbers, 1)

    def test_block_that_has_moved_counts_anew(self, bench):
        """In the new branch it is one block later, and so final one block later."""
        bench.add(1)
        sender = bench.sender()
        sender.step()
        bench.mine(2)
        sender.step()
        (mined,) = bench.unsettled()
        bench.reorganise(2)
        bench.chain.web3.eth.send_raw_transaction(mined.raw)
        bench.mine()
        sender.step()
        (moved,) = bench.unsettled()
        assert (moved.fate, moved.block) == (Fate.MINED, mined.block + 2)
        bench.mine(DEPTH - 1)
        sender.step()
        assert bench.states(1) == [ASSIGNED]
        bench.mine()
        sender.step()
        assert bench.states(1) == [DONE]


class TestNode:
    """A node that forgets, fails, repeats or lies."""

    @pytest.fixture
    def proxy(self, bench):
        return Proxy(bench.url)

    def test_what_it_forgets_is_sent_again(self, bench):
        bench.add(1, 2, 3)
        sender = bench.sender()
        sender.step()
        rpc(bench.chain, "anvil_dropTransaction", bench.unsettled()[1].hash)
        sender.step()
        bench.mine()
        sender.step()
        assert [each for _, each in bench.fates()] == [Fate.MINED] * 3
        bench.finish(sender, 1, 2, 3)
        assert bench.named() == {1: 1, 2: 1, 3: 1}

    def test_only_the_same_bytes_are_sent_again(self, bench, proxy):
        proxy.answers["eth_sendRawTransaction"] = in_turn(TIMED_OUT, TIMED_OUT, lost, None)
        bench.add(1)
        with served(proxy) as url:
            sender = bench.sender(url=url)
            for _ in range(2):
                sender.step()
                assert [each for _, each in bench.fates()] == [Fate.SIGNED]
            with pytest.raises(Unreachable):
                sender.step()
            sender.step()
        assert [each for _, each in bench.fates()] == [Fate.SENT]
        assert (
            proxy.asked("eth_sendRawTransaction") == [[f"0x{bench.unsettled()[0].raw.hex()}"]] * 4
        )

    @pytest.mark.parametrize(
        "method",
        ["eth_getBlockByNumber", "eth_getLogs", "eth_blockNumber", "eth_getTransactionCount"],
    )
    def test_round_that_fails_is_repeated(self, bench, proxy, method):
        bench.add(1)
        with served(proxy) as url:
            sender = bench.sender(url=url)
            proxy.answers[method] = in_turn(TIMED_OUT, None, lost, None, TIMED_OUT, None)

            def settled():
                bench.mine()
                return bench.are_settled(1)

            sender.run(settled)
        assert bench.named() == {1: 1}

    def test_mistake_ends_the_run(self, bench, proxy):
        doors = {"open": True}

        def admit(_headers):
            return None if doors["open"] else Reply(401)

        with served(proxy, admit) as url:
            sender = bench.sender(url=url)
            doors["open"] = False
            with pytest.raises(Unauthorised):
                sender.run(lambda: False)

    def test_events_that_it_leaves_out_are_found_by_receipt(self, bench, proxy):
        bench.add(1)
        proxy.answers["eth_getLogs"] = in_turn({"result": []})
        with served(proxy) as url:
            bench.finish(bench.sender(url=url), 1)
        assert bench.states(1) == [DONE]

    def test_receipt_that_it_lacks_is_waited_for(self, bench, proxy):
        bench.add(0)
        proxy.answers["eth_getTransactionReceipt"] = in_turn({"result": None}, None)
        with served(proxy) as url:
            sender = bench.sender(url=url)
            sender.step()
            bench.mine(DEPTH + 1)
            with pytest.raises(NodeError, match=r"^receipt: found none of transaction 0x"):
                sender.step()
            assert bench.states(0) == [ASSIGNED]
            sender.step()
        assert bench.states(0) == [REFUSED]

    def test_block_that_it_tells_without_its_transactions_loses_none(self, bench, proxy):
        """The nonce is used then, and nothing of the sender's seems to have used it."""
        bench.add(1)
        told = []

        def empty(ask):
            block = ask()["result"]
            if block["transactions"] and block["hash"] not in told:
                told.append(block["hash"])
                block["transactions"] = []
            return {"result": block}

        with served(proxy) as url:
            sender = bench.sender(url=url)
            sender.step()
            proxy.answers["eth_getBlockByNumber"] = empty
            bench.mine()
            bench.finish(sender, 1)
        assert told != []
        assert bench.states(1) == [DONE]
        assert bench.named() == {1: 1}

    @pytest.mark.parametrize("seed", range(4))
    def test_whatever_it_does_nothing_is_doubled_or_lost(self, bench, proxy, seed):
        random = Random(seed)

        def maybe(ask):
            fault = random.random()
            if fault < 0.06:
                raise ConnectionAbortedError  # before it has read the request
            if fault < 0.12:
                return TIMED_OUT
            answer = ask()
            if fault < 0.18:
                raise ConnectionAbortedError
            if fault < 0.24:
                return TIMED_OUT
            return ask() if fault < 0.3 else answer

        numbers = range(1, 16)
        bench.add(*numbers)

        def settled():
            bench.mine()
            if random.random() < 0.1:
                rpc(bench.chain, "anvil_dropAllTransactions")
            if random.random() < 0.1:
                bench.reorganise(random.randrange(1, DEPTH))
            return bench.are_settled(*numbers)

        with served(proxy) as url:
            sender = bench.sender(url=url, in_flight=4)
            for each in ("eth_sendRawTransaction", "eth_getTransactionCount", "eth_getLogs"):
                proxy.answers[each] = maybe
            sender.run(settled)
        assert bench.states(*numbers) == [DONE] * len(numbers)
        assert bench.named() == dict.fromkeys(numbers, 1)


class TestFees:
    def raise_base_fee(self, bench, factor):
        latest = bench.chain.web3.eth.get_block("latest")
        fee = hex(factor * latest["baseFeePerGas"])
        rpc(bench.chain, "anvil_setNextBlockBaseFeePerGas", fee)
        bench.mine()

    def test_they_are_raised_where_nothing_is_mined(self, bench):
        bench.add(1, 2)
        sender = bench.sender(bump_after=3)
        sender.step()
        before = bench.unsettled()
        self.raise_base_fee(bench, 50)
        for _ in range(2):
            sender.step()
            bench.mine()
        assert bench.unsettled() == before
        sender.step()
        first, second, third, fourth = bench.unsettled()
        assert [first, third] == before
        for old, new in ((first, second), (third, fourth)):
            assert (new.nonce, new.ids, new.fate) == (old.nonce, old.ids, Fate.SENT)
            assert 8 * new.max_fee >= 9 * old.max_fee
            assert 8 * new.tip >= 9 * old.tip
        bench.finish(sender, 1, 2)
        assert [bench.stands(each).transaction for each in (1, 2)] == [second.hash, fourth.hash]
        assert bench.named() == {1: 1, 2: 1}

    def test_first_of_a_family_may_be_the_one_that_is_mined(self, bench):
        bench.add(1)
        sender = bench.sender(bump_after=1)
        sender.step()
        self.raise_base_fee(bench, 50)
        sender.step()
        first, _second = bench.unsettled()
        rpc(bench.chain, "anvil_dropAllTransactions")
        # Until the base fee has fallen far enough for it.
        bench.mine(40)
        bench.chain.web3.eth.send_raw_transaction(first.raw)
        bench.mine()
        bench.finish(sender, 1)
        assert bench.stands(1).transaction == first.hash
        assert bench.named() == {1: 1}

    def test_they_are_not_raised_where_the_node_takes_nothing_for_another_reason(self, bench):
        proxy = Proxy(bench.url)
        proxy.answers["eth_sendRawTransaction"] = in_turn(TIMED_OUT)
        bench.add(1)
        with served(proxy) as url:
            sender = bench.sender(url=url, bump_after=1)
            for _ in range(5):
                sender.step()
                bench.mine()
            assert len(bench.unsettled()) == 1
            del proxy.answers["eth_sendRawTransaction"]
            bench.finish(sender, 1)

    def test_queue_that_moves_is_left_alone(self, bench):
        bench.add(*range(1, 9))
        rpc(bench.chain, "evm_setBlockGasLimit", hex(110_000))
        bench.mine()
        sender = bench.sender(bump_after=2)
        for _ in range(6):
            sender.step()
            bench.mine()
        assert len({each.nonce for each in bench.unsettled()}) == len(bench.unsettled())

    def test_cap_of_the_policy_is_kept(self, bench):
        bench.add(1)
        fee = bench.chain.web3.eth.get_block("latest")["baseFeePerGas"]
        profile = NetworkProfile(url=bench.url, finality=depth(2), fees=CappedFees(cap=2 * fee))
        sender = Sender(Chain.connect(profile), bench.store, SET_UP, lease_seconds=0, bump_after=1)
        sender.step()
        self.raise_base_fee(bench, 50)
        bench.add(2)
        with pytest.raises(PendingError, match=r"^fees: found a base fee of "):
            sender.step()
        assert len(bench.unsettled()) == 1


def test_key_that_everybody_has_is_refused(bench):
    profile = NetworkProfile(url=bench.url, development=False)
    known = type("Known", (), {"sign_transaction": None})()
    known.address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    with refuses("sender", known.address, "an account whose key not everybody has, on chain 31337"):
        Sender(Chain.connect(profile), bench.store, known)


@pytest.mark.parametrize("options", [{"in_flight": 0}, {"bump_after": 0}, {"lease_seconds": -1}])
def test_option_of_another_kind_is_refused(bench, options):
    with pytest.raises(InputError, match=f"^{next(iter(options)).replace('_', ' ')}: found "):
        bench.sender(**options)
