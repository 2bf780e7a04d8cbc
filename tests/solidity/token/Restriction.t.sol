// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice ERC-1404: the code that the token tells is the one that the documented rules give, and what `transfer` does.
/// @dev Every sender is tried with every receiver and every amount, in each state of the token. The rules are written
/// here once more, from the documentation and in plain sums.
contract RestrictionTest is TokenSystem {
    enum Standing {
        Active,
        Lapsed,
        WalletBlocked,
        CustomerBlocked,
        Renewed,
        Revoked,
        Unknown,
        SystemActive,
        SystemOutflowOnly,
        Zero,
        Token
    }

    struct Holder {
        address wallet;
        Standing standing;
        uint16 country;
        uint256 balance;
        uint256 frozen;
        uint256 locked;
    }

    /// @dev One transfer of which the rules, the code and `transfer` do not say the same.
    error Disagreement(Holder from, Holder to, uint256 amount, Restriction expected, uint8 code, bytes outcome);
    /// @dev A transfer went as expected; undoes it.
    error AsExpected();

    uint40 private constant LAPSE = uint40(START + 1 days);
    /// @dev In a zone to which plain transfers from the EEA are open; and a second country without a zone.
    uint16 private constant BRITAIN = 826;
    uint16 private constant NOWHERE_ELSE = 998;
    uint8 private constant UK = 3;

    Holder[] private senders;
    Holder[] private receivers;
    uint128 private holders = 3000;
    bool private paused;
    mapping(Restriction => uint256) private seen;

    function setUp() public override {
        super.setUp();
        registry.setZone(_countries(BRITAIN, BRITAIN), UK);
        Corridor memory corridor = _corridor(Period.None, 0);
        corridor.directTransfers = true;
        eurBank.policy.setCorridor(address(eur), EEA, UK, corridor);

        _addSenders(GERMANY);
        _addSenders(NOWHERE);
        uint16[6] memory countries = [GERMANY, FRANCE, BRITAIN, HONG_KONG, NOWHERE, NOWHERE_ELSE];
        for (uint256 i = 0; i < countries.length; ++i) {
            for (Standing s = Standing.Active; s <= Standing.CustomerBlocked; s = _next(s)) {
                receivers.push(_create(s, countries[i], 0, 0));
            }
        }
        for (Standing s = Standing.Renewed; s <= Standing.Revoked; s = _next(s)) {
            senders.push(_create(s, GERMANY, 0, 0));
            receivers.push(_create(s, FRANCE, 0, 0));
        }
        _addSpecial(Standing.Unknown, stranger);
        _addSpecial(Standing.SystemActive, address(escrow));
        _addSpecial(Standing.SystemOutflowOnly, address(newSettlementEscrow()));
        _addSpecial(Standing.Zero, address(0));
        _addSpecial(Standing.Token, address(eur));
        // The token would still be no receiver if somebody registered it.
        registry.register(address(eur), CustomerCategory.Institution, GERMANY, REVIEWED_UNTIL, 1099);

        // From now on all copies are good, but that of whoever lapses has ended.
        _syncAll(senders);
        _syncAll(receivers);
        vm.warp(LAPSE);
    }

    /* CODE AND TRANSFER */

    function test_code_is_what_transfer_does() public {
        _assertAllAgree();
        // Nothing is left out.
        for (uint8 code = 0; code <= uint8(type(Restriction).max); ++code) {
            assertEq(seen[Restriction(code)] == 0, Restriction(code) == Restriction.Paused, vm.toString(code));
        }
    }

    function test_code_is_what_transfer_does_when_every_copy_is_void() public {
        registry.setZone(new uint16[](0), 0);
        _assertAllAgree();
    }

    function test_code_is_what_transfer_does_while_the_token_does_not_subscribe() public {
        vm.mockCallRevert(address(eur), abi.encodeCall(eur.registry, ()), "");
        registry.unsubscribe(address(eur));
        vm.clearMockedCalls();
        eur.syncEpoch();
        _assertAllAgree();
    }

    function test_code_is_what_transfer_does_during_a_pause() public {
        eur.pause();
        paused = true;
        _assertAllAgree();
        // All but those to the zero address and to the token itself; each sender is its own receiver too.
        assertEq(seen[Restriction.Paused], senders.length * (receivers.length - 1) * _amounts(senders[0]).length);
    }

    /// @dev Until somebody syncs, a copy that the registry could not reach is acted on and told alike.
    function test_code_is_what_transfer_does_by_a_copy_that_missed_a_block() public {
        Holder memory from = senders[0];
        Holder memory to = receivers[0];
        _blockUnheard(from.wallet);
        _assertAgrees(from, to, 1);
        eur.sync(from.wallet);
        from.standing = Standing.WalletBlocked;
        _assertAgrees(from, to, 1);
    }

    /// @dev What it would pull itself, from every sender.
    function test_code_is_what_a_pull_by_the_asking_system_account_does() public {
        uint256 pulls = 0;
        for (uint256 i = 0; i < receivers.length; ++i) {
            if (!_isSystem(receivers[i].standing)) continue;
            for (uint256 j = 0; j < senders.length; ++j) {
                this.assertPairAgrees(j, i, true);
                ++pulls;
            }
        }
        assertEq(pulls, 2 * senders.length);
        assertGt(seen[Restriction.None], 0);
        assertGt(seen[Restriction.SystemAccountClosed], 0);
    }

    /// @dev The policy is the bank's own: as long as it fails, nothing passes between zones, and the question fails
    /// alike.
    function test_question_about_a_corridor_fails_as_the_transfer_does_when_the_policy_does() public {
        Holder memory from = senders[0];
        address abroad = makeAddr("abroad");
        registry.register(abroad, CustomerCategory.Retail, HONG_KONG, REVIEWED_UNTIL, 1098);
        vm.mockCallRevert(address(eurBank.policy), bytes(""), "out of order");
        _refused(from.wallet, abi.encodeCall(eur.detectTransferRestriction, (from.wallet, abroad, 1)), "out of order");
        _refused(from.wallet, abi.encodeCall(eur.canTransfer, (from.wallet, abroad, 1)), "out of order");
        _refused(from.wallet, abi.encodeCall(eur.transfer, (abroad, 1)), "out of order");
        assertTrue(eur.canTransfer(from.wallet, neighbour, 1), "within a zone");
    }

    /// @dev Another registry might vouch for anybody.
    function test_zero_address_cannot_receive_whatever_the_registry_says() public {
        bytes memory standing = abi.encode(registry.standingOf(senders[0].wallet));
        vm.mockCall(address(registry), abi.encodeCall(IAllowlistRegistry.standingOf, (address(0))), standing);
        assertEq(eur.standingOf(address(0)).validUntil, REVIEWED_UNTIL);
        assertFalse(eur.canReceive(address(0)));
        _assertAgrees(senders[0], Holder(address(0), Standing.Zero, 0, 0, 0, 0), 0);
    }

    /* MESSAGES */

    function test_each_code_has_its_sentence_and_no_other_has_one() public {
        string[10] memory sentences = [
            "The transfer is allowed.",
            "The zero address and the token itself can't receive.",
            "The token is paused.",
            "Only an active payment contract itself can move tokens into itself.",
            "The sender is unknown to the bank, lapsed or blocked.",
            "The receiver is unknown to the bank, lapsed or blocked.",
            "The sender's balance is less than the amount.",
            "The bank has frozen part of the sender's balance.",
            "Part of the sender's balance is locked for redemption.",
            "Direct transfers between the zones of sender and receiver are closed."
        ];
        assertEq(sentences.length, uint256(type(Restriction).max) + 1);
        for (uint8 code = 0; code < sentences.length; ++code) {
            assertEq(eur.messageForTransferRestriction(code), sentences[code]);
        }
        for (uint256 code = uint256(type(Restriction).max) + 1; code <= type(uint8).max; ++code) {
            bytes memory refusal = TokenReverts.unknownCode(uint8(code), uint8(type(Restriction).max));
            _refused(stranger, abi.encodeCall(eur.messageForTransferRestriction, (uint8(code))), refusal);
        }
    }

    /* COMBINATIONS */

    function _assertAllAgree() private {
        for (uint256 i = 0; i < senders.length; ++i) {
            bool can = _isGood(senders[i].standing) || _isSystem(senders[i].standing);
            assertEq(eur.canSend(senders[i].wallet), can, "canSend");
            for (uint256 j = 0; j <= receivers.length; ++j) {
                // In a call of its own, which gives its memory back.
                this.assertPairAgrees(i, j, false);
            }
        }
        for (uint256 i = 0; i < receivers.length; ++i) {
            bool can = _isGood(receivers[i].standing) || receivers[i].standing == Standing.SystemActive;
            assertEq(eur.canReceive(receivers[i].wallet), can, "canReceive");
        }
    }

    /// @dev The receiver after the last one is the sender itself. A system account asks about what it pulls itself.
    function assertPairAgrees(uint256 sender, uint256 receiver, bool pull) external {
        Holder memory from = senders[sender];
        Holder memory to = receiver < receivers.length ? receivers[receiver] : from;
        uint256[5] memory amounts = _amounts(from);
        for (uint256 i = 0; i < amounts.length; ++i) {
            if (pull) _assertAgrees(to.wallet, to.wallet, from, to, amounts[i]);
            else _assertAgrees(from, to, amounts[i]);
        }
    }

    function _amounts(Holder memory from) private pure returns (uint256[5] memory) {
        uint256 spendable = _minus(from.balance, from.frozen + from.locked);
        uint256 unfrozen = _minus(from.balance, from.frozen);
        return [0, spendable, spendable + 1, unfrozen + 1, from.balance + 1];
    }

    /// @dev Of a transfer by the sender, whoever asks.
    function _assertAgrees(Holder memory from, Holder memory to, uint256 amount) private {
        _assertAgrees(address(this), from.wallet, from, to, amount);
    }

    /// @dev Of a transfer by `caller`, which is the sender, or a receiver that pulls.
    function _assertAgrees(address asker, address caller, Holder memory from, Holder memory to, uint256 amount)
        private
    {
        (Restriction expected, bytes memory refusal) = _refusal(caller, from, to, amount);
        ++seen[expected];
        vm.startPrank(asker);
        uint8 code = eur.detectTransferRestriction(from.wallet, to.wallet, amount);
        bool can = eur.canTransfer(from.wallet, to.wallet, amount);
        vm.stopPrank();
        try this.attempt(caller, from, to, amount, refusal) {}
        catch (bytes memory outcome) {
            if (code != uint8(expected) || can != (code == 0) || bytes4(outcome) != AsExpected.selector) {
                revert Disagreement(from, to, amount, expected, code, outcome);
            }
        }
    }

    /// @dev Transfers and always reverts, with {AsExpected} if the transfer was refused with these bytes, or went
    /// through if there are none.
    function attempt(address caller, Holder memory from, Holder memory to, uint256 amount, bytes memory refusal)
        external
    {
        bytes memory transfer = abi.encodeCall(eur.transfer, (to.wallet, amount));
        if (caller != from.wallet) {
            _approve(from.wallet, caller, amount);
            transfer = abi.encodeCall(eur.transferFrom, (from.wallet, to.wallet, amount));
        }
        vm.prank(caller);
        (bool success, bytes memory answer) = address(eur).call(transfer);
        assertEq(success, refusal.length == 0, "success");
        assertEq(answer, success ? abi.encode(true) : refusal, "answer");
        if (success) {
            uint256 moved = from.wallet == to.wallet ? 0 : amount;
            assertEq(eur.balanceOf(from.wallet), from.balance - moved, "sender's balance");
            assertEq(eur.balanceOf(to.wallet), to.balance + moved, "receiver's balance");
        }
        revert AsExpected();
    }

    /* THE RULES */

    /// @dev What is refused and the error that belongs to it, in the order that the interface documents.
    function _refusal(address caller, Holder memory from, Holder memory to, uint256 amount)
        private
        view
        returns (Restriction, bytes memory)
    {
        if (to.standing == Standing.Zero || to.standing == Standing.Token) {
            return (Restriction.InvalidReceiver, TokenReverts.invalidReceiver(to.wallet));
        }
        if (paused) return (Restriction.Paused, TokenReverts.tokenPaused());
        if (_isSystem(to.standing) && (to.standing != Standing.SystemActive || caller != to.wallet)) {
            SystemStatus status = to.standing == Standing.SystemActive ? SystemStatus.Active : SystemStatus.OutflowOnly;
            return (Restriction.SystemAccountClosed, TokenReverts.systemAccountClosed(to.wallet, caller, status));
        }
        if (!_isGood(from.standing) && !_isSystem(from.standing)) {
            return (Restriction.CannotSend, TokenReverts.cannotSend(from.wallet));
        }
        if (!_isGood(to.standing) && !_isSystem(to.standing)) {
            return (Restriction.CannotReceive, TokenReverts.cannotReceive(to.wallet));
        }
        if (amount > from.balance) {
            bytes memory insufficient = TokenReverts.insufficientBalance(from.wallet, from.balance, amount);
            return (Restriction.InsufficientBalance, insufficient);
        }
        uint256 unfrozen = _minus(from.balance, from.frozen);
        if (amount > unfrozen) {
            return (Restriction.Frozen, TokenReverts.insufficientUnfrozenBalance(from.wallet, amount, unfrozen));
        }
        uint256 spendable = _minus(from.balance, from.frozen + from.locked);
        if (amount > spendable) return (Restriction.Locked, TokenReverts.tokensLocked(from.wallet, amount, spendable));
        (uint8 fromZone, uint8 toZone) = (_zone(from.country), _zone(to.country));
        bool connected = (fromZone == toZone && fromZone != 0) || (fromZone == EEA && toZone == UK);
        bool system = _isSystem(from.standing) || _isSystem(to.standing);
        if (connected || system || from.country == to.country) return (Restriction.None, "");
        bytes memory closed = TokenReverts.directTransferClosed(from.wallet, to.wallet, fromZone, toZone);
        return (Restriction.DirectTransferClosed, closed);
    }

    function _isGood(Standing standing) private pure returns (bool) {
        return standing == Standing.Active || standing == Standing.Renewed;
    }

    function _isSystem(Standing standing) private pure returns (bool) {
        return standing == Standing.SystemActive || standing == Standing.SystemOutflowOnly;
    }

    function _zone(uint16 country) private pure returns (uint8) {
        if (country == GERMANY || country == FRANCE) return EEA;
        if (country == HONG_KONG) return HK;
        return country == BRITAIN ? UK : 0;
    }

    /* ACCOUNTS */

    /// @dev Of each standing one that is free, frozen in part, frozen above its balance, locked in part, and both.
    function _addSenders(uint16 country) private {
        for (Standing s = Standing.Active; s <= Standing.CustomerBlocked; s = _next(s)) {
            senders.push(_create(s, country, 0, 0));
            senders.push(_create(s, country, 200_00, 0));
            senders.push(_create(s, country, 600_00, 0));
            senders.push(_create(s, country, 0, 200_00));
            senders.push(_create(s, country, 100_00, 200_00));
        }
    }

    /// @dev An account that is no customer, as a receiver and, where it can be one, as a sender.
    function _addSpecial(Standing standing, address wallet) private {
        Holder memory holder = Holder(wallet, standing, 0, 0, 0, 0);
        if (_isSystem(standing)) {
            holder.balance = BALANCE;
            if (standing == Standing.SystemOutflowOnly) eur.activateSystemAccount(wallet);
            _mint(eurBank, payer, BALANCE);
            _approve(payer, wallet, BALANCE);
            _pull(wallet, payer, wallet, BALANCE);
            if (standing == Standing.SystemOutflowOnly) eur.stopSystemAccount(wallet);
        }
        receivers.push(holder);
        if (standing == Standing.Unknown || _isSystem(standing)) senders.push(holder);
    }

    /// @dev Starts in good standing with 500.00, and becomes what it shall be.
    function _create(Standing standing, uint16 country, uint256 frozen, uint256 locked)
        private
        returns (Holder memory holder)
    {
        uint128 customerId = ++holders;
        address wallet = address(uint160(uint256(keccak256(abi.encode("wallet", customerId)))));
        bool lapses = standing == Standing.Lapsed || standing == Standing.Renewed;
        registry.register(wallet, CustomerCategory.Retail, country, lapses ? LAPSE : REVIEWED_UNTIL, customerId);
        _mint(eurBank, wallet, BALANCE);
        if (locked != 0) _request(wallet, locked);
        if (frozen != 0) eur.setFrozenTokens(wallet, frozen);
        if (standing == Standing.Revoked) registry.revoke(wallet);
        if (standing == Standing.WalletBlocked) registry.blockWallet(wallet, LEGAL);
        if (standing == Standing.CustomerBlocked) registry.blockCustomer(customerId, LEGAL);
        return Holder(wallet, standing, country, BALANCE, frozen, locked);
    }

    /// @dev The registry renews some afterwards, of which their copies do not know.
    function _syncAll(Holder[] storage accounts) private {
        for (uint256 i = 0; i < accounts.length; ++i) {
            eur.sync(accounts[i].wallet);
            if (accounts[i].standing == Standing.Renewed) registry.renew(accounts[i].wallet, REVIEWED_UNTIL);
        }
    }

    /* SMALL SUMS */

    function _next(Standing standing) private pure returns (Standing) {
        return Standing(uint8(standing) + 1);
    }

    function _minus(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : 0;
    }
}
