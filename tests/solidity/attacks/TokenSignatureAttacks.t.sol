// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/SecondToken.sol";
import {FickleWallet} from "../support/mocks/FickleWallet.sol";
import {HostileWallet} from "../support/mocks/HostileWallet.sol";
import {LyingWallet} from "../support/mocks/LyingWallet.sol";

/// @notice What a holder signs for a token is used for something else, somewhere else, too early, too late or first by
/// somebody else; and wallets whose code lies, changes its mind or burns gas.
contract TokenSignatureAttacksTest is SecondToken {
    /// @dev The messages that a holder signs for a token.
    enum Kind {
        Permit,
        Transfer,
        Receive,
        Cancel,
        Redemption
    }

    uint256 private constant BALANCE = 500_00;
    uint256 private constant AMOUNT = 100_00;
    uint256 private constant BEFORE = START + 30 minutes;
    bytes32 private constant NONCE = "a nonce drawn at random";
    bytes4 private constant LEGAL = "LEGL";
    /// @dev Each kind with its signature in parts or as bytes, if it takes both.
    uint256 private constant ACTS = 8;

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /* FOR SOMETHING ELSE */

    /// @notice Each of the five messages is submitted as each of the others, in every form: none passes for another,
    /// though they have the same holder, amount and nonce.
    function test_a_message_of_one_kind_as_another() public {
        uint256 state = vm.snapshotState();
        for (uint8 kind = 0; kind <= uint8(type(Kind).max); ++kind) {
            bytes memory signature = _signed(eur, Kind(kind), payer, payerKey);
            for (uint256 act = 0; act < ACTS; ++act) {
                (bool success, bytes memory result) = _submit(eur, act, payer, signature);
                assertEq(success, _kindOf(act) == Kind(kind));
                if (!success) _assertRefused(act, payer, result);
                vm.revertToState(state);
            }
        }
    }

    /// @notice A signature with one bit turned, or of the other holder, is nobody's for any kind.
    function test_a_signature_that_was_touched() public {
        for (uint256 act = 0; act < ACTS; ++act) {
            bytes memory signature = _signed(eur, _kindOf(act), payer, payerKey);
            signature[40] ^= 0x01;
            (bool success, bytes memory result) = _submit(eur, act, payer, signature);
            assertFalse(success);
            _assertRefused(act, payer, result);
            (success, result) = _submit(eur, act, payer, _signed(eur, _kindOf(act), payer, dealerKey));
            assertFalse(success);
            _assertRefused(act, payer, result);
        }
    }

    /* SOMEWHERE ELSE */

    /// @notice All tokens sign in a domain of the same name: what was signed for one is brought to another token of the
    /// same bank, to another bank's and to the code behind them, where the holder's nonces are the same.
    function test_a_message_at_another_token() public {
        IDepositToken yen = _secondToken();
        eurBank.registry.subscribe(address(yen));
        _onboard(hkdBank, payer, CustomerCategory.Retail, GERMANY, 2010);
        address implementation = address(uint160(uint256(vm.load(address(eur), ERC1967Utils.IMPLEMENTATION_SLOT))));
        IDepositToken[3] memory others = [yen, hkd, IDepositToken(implementation)];
        for (uint256 i = 0; i < others.length; ++i) {
            for (uint256 act = 0; act < ACTS; ++act) {
                bytes memory signature = _signed(eur, _kindOf(act), payer, payerKey);
                (bool success, bytes memory result) = _submit(others[i], act, payer, signature);
                assertFalse(success);
                _assertRefused(act, payer, result);
                assertFalse(others[i].authorizationState(payer, NONCE));
                assertEq(others[i].nonces(payer), 0);
            }
        }
    }

    /// @notice The chain forks: what was signed for the one is void on the other, also if the other one is asked first,
    /// and what is signed for the other there is void here.
    function test_a_message_on_a_fork() public {
        uint256 state = vm.snapshotState();
        for (uint256 act = 0; act < ACTS; ++act) {
            bytes memory ours = _signed(eur, _kindOf(act), payer, payerKey);
            vm.chainId(OTHER_CHAIN);
            bytes memory theirs = _signed(eur, _kindOf(act), payer, payerKey);
            (bool success, bytes memory result) = _submit(eur, act, payer, ours);
            assertFalse(success);
            _assertRefused(act, payer, result);
            vm.chainId(CHAIN);
            (success, result) = _submit(eur, act, payer, theirs);
            assertFalse(success);
            _assertRefused(act, payer, result);
            (success,) = _submit(eur, act, payer, ours);
            assertTrue(success);
            vm.revertToState(state);
        }
    }

    /// @notice Two wallets of one owner's key: what the owner signs for the one is brought for the other.
    function test_a_message_for_the_owners_other_wallet() public {
        address[2] memory wallets = [makeAddr("first wallet"), makeAddr("second wallet")];
        for (uint256 i = 0; i < 2; ++i) {
            deployCodeTo("ContractWallet.sol:ContractWallet", abi.encode(payer), wallets[i]);
            _customer(wallets[i], uint128(3001 + i));
        }
        uint256 state = vm.snapshotState();
        for (uint256 act = 0; act < ACTS; ++act) {
            bytes memory signature = _signed(eur, _kindOf(act), wallets[0], payerKey);
            (bool success, bytes memory result) = _submit(eur, act, wallets[1], signature);
            assertFalse(success);
            _assertRefused(act, wallets[1], result);
            (success,) = _submit(eur, act, wallets[0], signature);
            assertTrue(success);
            vm.revertToState(state);
        }
    }

    /// @notice A message in the name of a contract of the system, or of nobody: none of them has a key or says yes.
    function test_a_message_in_the_systems_name() public {
        address[6] memory holders = [
            address(escrow),
            address(eur),
            address(eurBank.registry),
            address(eurBank.policy),
            address(eurBank.manager),
            address(0)
        ];
        _stock(eurBank, BALANCE);
        for (uint256 h = 0; h < holders.length; ++h) {
            for (uint256 act = 0; act < ACTS; ++act) {
                // A signature by which nothing is recovered, and one of somebody's.
                (bool success, bytes memory result) = _submit(eur, act, holders[h], new bytes(65));
                assertFalse(success);
                _assertRefused(act, holders[h], result);
                bytes memory signature = _signed(eur, _kindOf(act), holders[h], payerKey);
                (success, result) = _submit(eur, act, holders[h], signature);
                assertFalse(success);
                _assertRefused(act, holders[h], result);
            }
        }
        assertEq(eur.balanceOf(address(escrow)), BALANCE);
    }

    /* FIRST */

    /// @notice A stranger runs ahead of a relayer with the holder's permit: the relayer's own call of it fails, and what
    /// it was for stands all the same, so that a relayer who goes on is not stopped.
    function test_a_permit_that_is_overtaken() public {
        bytes memory signature = _signed(eur, Kind.Permit, payer, payerKey);
        vm.prank(neighbour);
        (bool success,) = address(eur).call(_call(0, payer, signature));
        assertTrue(success);

        bytes memory result;
        (success, result) = _submit(eur, 0, payer, signature);
        assertFalse(success);
        assertEq(bytes4(result), IDepositTokenMain.ERC2612InvalidSigner.selector);
        assertEq(eur.allowance(payer, stranger), AMOUNT);
        vm.prank(stranger);
        assertTrue(eur.transferFrom(payer, neighbour, AMOUNT));
        assertEq(eur.allowance(payer, stranger), 0);
    }

    /// @notice A stranger runs ahead of a relayer with the holder's transfer: the money goes where the holder said, once;
    /// a receipt is its payee's alone to bring.
    function test_a_transfer_that_is_overtaken() public {
        bytes memory transfer_ = _signed(eur, Kind.Transfer, payer, payerKey);
        vm.prank(dealer);
        (bool success, bytes memory result) = address(eur).call(_call(2, payer, transfer_));
        assertTrue(success);
        assertEq(eur.balanceOf(neighbour), AMOUNT);
        (success, result) = _submit(eur, 1, payer, transfer_);
        assertFalse(success);
        assertEq(result, _used(payer));

        bytes memory call = _call(4, payer, _signed(eur, Kind.Receive, payer, payerKey));
        vm.prank(dealer);
        (success, result) = address(eur).call(call);
        assertFalse(success);
        assertEq(result, TokenReverts.callerNotPayee(dealer, neighbour));
    }

    /// @notice Holder and payee race: whoever comes second finds the nonce used, be it by a transfer, a cancellation or
    /// a redemption.
    function test_a_race_for_a_nonce() public {
        uint256 state = vm.snapshotState();
        for (uint256 first = 1; first < ACTS; ++first) {
            for (uint256 second = 1; second < ACTS; ++second) {
                (bool success,) = _submit(eur, first, payer, _signed(eur, _kindOf(first), payer, payerKey));
                assertTrue(success);
                bytes memory result;
                (success, result) = _submit(eur, second, payer, _signed(eur, _kindOf(second), payer, payerKey));
                assertFalse(success);
                assertEq(result, _used(payer));
                vm.revertToState(state);
            }
        }
    }

    /* TOO EARLY, TOO LATE */

    /// @notice Each message one second before, at and one second after each of its bounds.
    function test_the_seconds_around_each_bound() public {
        uint256 state = vm.snapshotState();
        for (uint256 act = 0; act < ACTS; ++act) {
            bytes memory signature = _signed(eur, _kindOf(act), payer, payerKey);
            for (uint256 i = 0; i < 3; ++i) {
                // A permit's last second is its deadline, a cancellation has none, all others end before theirs.
                vm.warp(BEFORE - 1 + i);
                bool good = i == 0 || (i == 1 && act == 0) || _kindOf(act) == Kind.Cancel;
                (bool success, bytes memory result) = _submit(eur, act, payer, signature);
                assertEq(success, good);
                if (!good) assertEq(result, _tooLate(act));
                vm.revertToState(state);
            }
        }
        for (uint256 act = 1; act < 5; ++act) {
            bytes memory signature = _signed(eur, _kindOf(act), payer, payerKey);
            for (uint256 i = 0; i < 3; ++i) {
                vm.warp(START - 2 + i);
                (bool success, bytes memory result) = _submit(eur, act, payer, signature);
                assertEq(success, i == 2);
                if (i != 2) assertEq(result, _tooLate(act));
                vm.revertToState(state);
            }
        }
    }

    /// @notice A transfer that was signed before a block waits for its end: it is good again then, unless the holder
    /// cancelled it, which it could all the time.
    function test_a_message_that_sleeps_through_a_block() public {
        eurBank.registry.blockWallet(payer, LEGAL);
        bytes memory signature = _signed(eur, Kind.Transfer, payer, payerKey);
        (bool success, bytes memory result) = _submit(eur, 2, payer, signature);
        assertFalse(success);
        assertEq(result, TokenReverts.cannotSend(payer));
        uint256 state = vm.snapshotState();
        eurBank.registry.unblockWallet(payer);
        (success,) = _submit(eur, 2, payer, signature);
        assertTrue(success);

        vm.revertToState(state);
        (success,) = _submit(eur, 6, payer, _signed(eur, Kind.Cancel, payer, payerKey));
        assertTrue(success);
        eurBank.registry.unblockWallet(payer);
        (success, result) = _submit(eur, 2, payer, signature);
        assertFalse(success);
        assertEq(result, _used(payer));
    }

    /* WALLETS WITH CODE */

    /// @notice A wallet that refuses, answers half, too much, with dirt, writes or burns all gas signs nothing of any
    /// kind, and takes no more gas than its submitter gave.
    function test_a_wallet_that_does_harm() public {
        uint8 tricks = uint8(type(HostileWallet.Trick).max);
        for (uint8 trick = 0; trick <= tricks; ++trick) {
            address wallet = address(new HostileWallet(HostileWallet.Trick(trick)));
            _customer(wallet, uint128(3001 + trick));
            for (uint256 act = 0; act < ACTS; ++act) {
                bytes memory call = _call(act, wallet, new bytes(65));
                vm.prank(_submitter(act));
                (bool success,) = address(eur).call{gas: 1_000_000}(call);
                assertFalse(success);
                assertEq(eur.balanceOf(wallet), BALANCE);
                assertEq(eur.allowance(wallet, stranger), 0);
                assertEq(eur.lockedOf(wallet), 0);
                assertFalse(eur.authorizationState(wallet, NONCE));
                assertEq(eur.nonces(wallet), 0);
            }
        }
    }

    /// @notice A wallet that says yes to everything is everybody's: each act goes, for it alone, and once a nonce.
    function test_a_wallet_that_lies_gives_only_itself_away() public {
        address wallet = address(new LyingWallet(LyingWallet.Answer.Yes));
        _customer(wallet, 3001);
        uint256 state = vm.snapshotState();
        for (uint256 act = 0; act < ACTS; ++act) {
            (bool success, bytes memory result) = _submit(eur, act, wallet, new bytes(65));
            assertTrue(success);
            (success, result) = _submit(eur, act, payer, new bytes(65));
            assertFalse(success);
            _assertRefused(act, payer, result);
            assertEq(eur.balanceOf(payer), BALANCE);
            if (act != 0) {
                (success, result) = _submit(eur, act, wallet, new bytes(65));
                assertFalse(success);
                assertEq(result, _used(wallet));
            }
            vm.revertToState(state);
        }
    }

    /// @notice A wallet changes its mind after a signature was handed over: void while it says no, and no nonce is used
    /// by the attempt.
    function test_a_wallet_that_changes_its_mind() public {
        FickleWallet wallet = new FickleWallet();
        _customer(address(wallet), 3001);
        uint256 state = vm.snapshotState();
        for (uint256 act = 0; act < ACTS; ++act) {
            wallet.changeMind();
            (bool success, bytes memory result) = _submit(eur, act, address(wallet), new bytes(65));
            assertFalse(success);
            _assertRefused(act, address(wallet), result);
            wallet.changeMind();
            (success,) = _submit(eur, act, address(wallet), new bytes(65));
            assertTrue(success);
            vm.revertToState(state);
        }
    }

    /// @notice An account with a key takes on code that refuses, burns gas or answers at length, to take back what it has
    /// signed: the key is asked first, so the signature stands; only cancelling takes it back.
    function test_an_account_takes_on_code_to_take_back_its_signature() public {
        uint256 state = vm.snapshotState();
        for (uint8 trick = 0; trick <= uint8(type(HostileWallet.Trick).max); ++trick) {
            bytes memory code = address(new HostileWallet(HostileWallet.Trick(trick))).code;
            for (uint256 act = 0; act < ACTS; ++act) {
                bytes memory signature = _signed(eur, _kindOf(act), payer, payerKey);
                vm.etch(payer, code);
                (bool success,) = _submit(eur, act, payer, signature);
                assertTrue(success);
                vm.revertToState(state);
            }
        }
    }

    /// @notice An account takes on code that says yes to everybody, and drops it: it is everybody's as long, and what
    /// was signed by nobody is void after.
    function test_an_account_drops_code_that_lies() public {
        bytes memory code = address(new LyingWallet(LyingWallet.Answer.Yes)).code;
        uint256 state = vm.snapshotState();
        for (uint256 act = 0; act < ACTS; ++act) {
            vm.etch(payer, code);
            (bool success, bytes memory result) = _submit(eur, act, payer, new bytes(65));
            assertTrue(success);
            vm.revertToState(state);
            vm.etch(payer, "");
            (success, result) = _submit(eur, act, payer, new bytes(65));
            assertFalse(success);
            _assertRefused(act, payer, result);
        }
    }

    /* HELPERS */

    function _customer(address wallet, uint128 customerId) private {
        _onboard(eurBank, wallet, CustomerCategory.Retail, GERMANY, customerId);
        _mint(eurBank, wallet, BALANCE);
    }

    /// @dev Acts: permit; transfer in parts and bytes; receipt in parts and bytes; cancellation in parts and bytes;
    /// redemption.
    function _kindOf(uint256 act) private pure returns (Kind) {
        return Kind((act + 1) / 2);
    }

    /// @dev A message about 100.00, to the neighbour, the stranger (permit) or the bank, good for the hour around now.
    function _signed(IDepositToken token, Kind kind, address holder, uint256 key) private view returns (bytes memory) {
        bytes memory message;
        if (kind == Kind.Permit) {
            message = abi.encode(token.PERMIT_TYPEHASH(), holder, stranger, AMOUNT, token.nonces(holder), BEFORE);
        } else if (kind == Kind.Cancel) {
            message = abi.encode(token.CANCEL_AUTHORIZATION_TYPEHASH(), holder, NONCE);
        } else if (kind == Kind.Redemption) {
            message = abi.encode(token.REDEMPTION_REQUEST_TYPEHASH(), holder, AMOUNT, NONCE, NONCE, BEFORE);
        } else {
            bytes32 typeHash = kind == Kind.Transfer
                ? token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH()
                : token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH();
            message = abi.encode(typeHash, holder, neighbour, AMOUNT, START - 1, BEFORE, NONCE);
        }
        return _sign(key, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), keccak256(message))));
    }

    function _submit(IDepositToken token, uint256 act, address holder, bytes memory signature)
        private
        returns (bool, bytes memory)
    {
        bytes memory call = _call(act, holder, signature);
        vm.prank(_submitter(act));
        return address(token).call(call);
    }

    /// @dev A receipt is its payee's to submit.
    function _submitter(uint256 act) private view returns (address) {
        return _kindOf(act) == Kind.Receive ? neighbour : stranger;
    }

    function _call(uint256 act, address holder, bytes memory signature) private view returns (bytes memory) {
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        uint8 v = uint8(signature[64]);
        if (act == 0) return abi.encodeCall(IERC20Permit.permit, (holder, stranger, AMOUNT, BEFORE, v, r, s));
        if (act == 5) return abi.encodeCall(IERC3009Cancel.cancelAuthorization, (holder, NONCE, v, r, s));
        if (act == 6) return abi.encodeCall(IDepositTokenMain.cancelAuthorization, (holder, NONCE, signature));
        if (act == 7) {
            return abi.encodeCall(
                IDepositTokenExt.requestRedemptionWithSignature, (holder, AMOUNT, NONCE, NONCE, BEFORE, signature)
            );
        }
        bool transfer_ = _kindOf(act) == Kind.Transfer;
        if (act % 2 == 1) {
            return bytes.concat(
                transfer_ ? IERC3009.transferWithAuthorization.selector : IERC3009.receiveWithAuthorization.selector,
                abi.encode(holder, neighbour, AMOUNT, START - 1, BEFORE, NONCE, v, r, s)
            );
        }
        return bytes.concat(
            transfer_
                ? IDepositTokenMain.transferWithAuthorization.selector
                : IDepositTokenMain.receiveWithAuthorization.selector,
            abi.encode(holder, neighbour, AMOUNT, START - 1, BEFORE, NONCE, signature)
        );
    }

    /// @dev For its signature.
    function _assertRefused(uint256 act, address holder, bytes memory result) private pure {
        if (_kindOf(act) != Kind.Permit) {
            assertEq(result, TokenReverts.invalidSignature());
            return;
        }
        assertEq(bytes4(result), IDepositTokenMain.ERC2612InvalidSigner.selector);
        assertEq(result.length, 68);
        address named;
        assembly {
            named := mload(add(result, 0x44))
        }
        assertEq(named, holder);
    }

    function _tooLate(uint256 act) private view returns (bytes memory) {
        Kind kind = _kindOf(act);
        if (kind == Kind.Permit) {
            return TokenReverts.expiredSignature(BEFORE);
        }
        if (kind == Kind.Redemption) {
            return TokenReverts.requestExpired(block.timestamp, BEFORE);
        }
        return TokenReverts.invalidAuthorizationTime(START - 1, BEFORE);
    }

    function _used(address holder) private pure returns (bytes memory) {
        return TokenReverts.usedAuthorization(holder, NONCE);
    }
}
