// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/SecondToken.sol";
import {FickleWallet} from "../support/mocks/FickleWallet.sol";
import {HostileWallet} from "../support/mocks/HostileWallet.sol";

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

    /// @dev Each kind with its signature in parts or as bytes, if it takes both.
    enum Act {
        Permit,
        TransferInParts,
        TransferInBytes,
        ReceiveInParts,
        ReceiveInBytes,
        CancelInParts,
        CancelInBytes,
        Redemption
    }

    uint256 private constant BALANCE = 500_00;
    uint256 private constant AMOUNT = 100_00;
    uint256 private constant BEFORE = START + 30 minutes;
    bytes32 private constant NONCE = "a nonce drawn at random";
    bytes32 private constant PAYOUT = "payout 1";

    Act private act;

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /// @dev Runs the test for each act, from the same state.
    modifier inEveryAct() {
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(type(Act).max); ++i) {
            act = Act(i);
            _;
            vm.revertToState(state);
        }
    }

    /* FOR SOMETHING ELSE */

    /// @notice None of the five messages passes for another, though they have the same holder, amount and nonce.
    function test_a_message_of_one_kind_as_another() public inEveryAct {
        for (uint8 kind = 0; kind <= uint8(type(Kind).max); ++kind) {
            if (Kind(kind) != _kind(act)) _assertInvalid(eur, payer, _signed(Kind(kind), payer, payerKey));
        }
        _assertGood(payer, _signed(payer));
    }

    /// @notice A signature with one bit turned, or of the other holder, is nobody's.
    function test_a_signature_that_was_touched() public inEveryAct {
        bytes memory signature = _signed(payer);
        signature[40] ^= 0x01;
        _assertInvalid(eur, payer, signature);
        _assertInvalid(eur, payer, _signed(_kind(act), payer, dealerKey));
    }

    /// @notice Holder, amount, payout reference, nonce and deadline are those that the holder signed.
    function test_a_relayer_swaps_nothing() public {
        act = Act.Redemption;
        bytes memory signature = _signed(payer);
        for (uint256 i = 0; i < 5; ++i) {
            uint256[5] memory words = [uint160(payer), AMOUNT, uint256(PAYOUT), uint256(NONCE), BEFORE];
            ++words[i];
            bytes memory swapped = bytes.concat(
                IDepositTokenExt.requestRedemptionWithSignature.selector,
                abi.encode(words[0], words[1], words[2], words[3], words[4], signature)
            );
            _refused(stranger, address(eur), swapped, TokenReverts.invalidSignature());
        }
        _assertGood(payer, signature);
        assertEq(eur.redemptionOf(1).payoutReference, PAYOUT);
    }

    /* SOMEWHERE ELSE */

    /// @notice Of the same bank, of another, and the code behind them: same domain name, same nonces.
    function test_a_message_at_another_token() public inEveryAct {
        IDepositToken yen = _secondToken();
        eurBank.registry.subscribe(address(yen));
        _onboard(hkdBank, payer, CustomerCategory.Retail, GERMANY, 2010);
        address implementation = address(uint160(uint256(vm.load(address(eur), ERC1967Utils.IMPLEMENTATION_SLOT))));
        IDepositToken[3] memory others = [yen, hkd, IDepositToken(implementation)];
        for (uint256 i = 0; i < others.length; ++i) {
            _assertInvalid(others[i], payer, _signed(payer));
        }
    }

    /// @notice What was signed for one chain is void on its fork, also if that is asked first, and the reverse.
    function test_a_message_on_a_fork() public inEveryAct {
        bytes memory ours = _signed(payer);
        vm.chainId(OTHER_CHAIN);
        bytes memory theirs = _signed(payer);
        _assertInvalid(eur, payer, ours);
        vm.chainId(CHAIN);
        _assertInvalid(eur, payer, theirs);
        _assertGood(payer, ours);
    }

    function test_a_message_for_the_owners_other_wallet() public inEveryAct {
        address[2] memory wallets = [makeAddr("first wallet"), makeAddr("second wallet")];
        for (uint256 i = 0; i < 2; ++i) {
            deployCodeTo("ContractWallet.sol:ContractWallet", abi.encode(payer), wallets[i]);
            _customer(wallets[i], uint128(3001 + i));
        }
        bytes memory signature = _signed(wallets[0]);
        _assertInvalid(eur, wallets[1], signature);
        _assertGood(wallets[0], signature);
    }

    function test_a_message_in_the_systems_name() public inEveryAct {
        address[6] memory holders = [
            address(escrow),
            address(eur),
            address(eurBank.registry),
            address(eurBank.policy),
            address(eurBank.manager),
            address(0)
        ];
        for (uint256 h = 0; h < holders.length; ++h) {
            // A signature by which nothing is recovered, and one of somebody's.
            _assertInvalid(eur, holders[h], new bytes(65));
            _assertInvalid(eur, holders[h], _signed(holders[h]));
        }
    }

    /* FIRST */

    /// @notice Whoever comes second finds it used.
    function test_a_race_for_a_nonce() public inEveryAct {
        if (act == Act.Permit) return;
        _assertGood(payer, _signed(payer));
        for (uint8 second = uint8(Act.TransferInParts); second <= uint8(type(Act).max); ++second) {
            bytes memory signature = _signed(_kind(Act(second)), payer, payerKey);
            _assertRefused(Act(second), payer, signature, _used(payer));
        }
    }

    /* TOO EARLY, TOO LATE */

    /// @notice A permit's last second is its deadline, a cancellation has none, all others end before theirs; only
    /// transfers and receipts have a beginning.
    function test_the_seconds_around_each_bound() public inEveryAct {
        Kind kind = _kind(act);
        _assertAt(BEFORE - 1, true);
        _assertAt(BEFORE, kind == Kind.Permit || kind == Kind.Cancel);
        _assertAt(BEFORE + 1, kind == Kind.Cancel);
        bool begins = kind == Kind.Transfer || kind == Kind.Receive;
        _assertAt(START - 2, !begins);
        _assertAt(START - 1, !begins);
        _assertAt(START, true);
    }

    /* WALLETS WITH CODE */

    /// @notice Nor does it take more gas than its submitter gave.
    function test_a_wallet_that_does_harm() public inEveryAct {
        for (uint8 trick = 0; trick <= uint8(type(HostileWallet.Trick).max); ++trick) {
            address wallet = address(new HostileWallet(HostileWallet.Trick(trick)));
            _customer(wallet, uint128(3001 + trick));
            _assertInvalid(eur, wallet, new bytes(65));
        }
    }

    /// @notice Each act goes, for it alone, and once a nonce.
    function test_a_wallet_that_lies_gives_only_itself_away() public inEveryAct {
        address wallet = address(new FickleWallet());
        _customer(wallet, 3001);
        _assertGood(wallet, new bytes(65));
        _assertInvalid(eur, payer, new bytes(65));
        assertEq(eur.balanceOf(payer), BALANCE);
        if (act != Act.Permit) _assertRefused(act, wallet, new bytes(65), _used(wallet));
    }

    /// @notice Void while it says no, and no nonce is used by the attempt.
    function test_a_wallet_that_changes_its_mind() public inEveryAct {
        FickleWallet wallet = new FickleWallet();
        _customer(address(wallet), 3001);
        wallet.changeMind();
        _assertInvalid(eur, address(wallet), new bytes(65));
        wallet.changeMind();
        _assertGood(address(wallet), new bytes(65));
    }

    /// @notice The key is asked first, so the signature stands; only cancelling takes it back.
    function test_an_account_takes_on_code_to_take_back_its_signature() public inEveryAct {
        uint256 state = vm.snapshotState();
        for (uint8 trick = 0; trick <= uint8(type(HostileWallet.Trick).max); ++trick) {
            vm.etch(payer, address(new HostileWallet(HostileWallet.Trick(trick))).code);
            _assertGood(payer, _signed(payer));
            vm.revertToState(state);
        }
    }

    /// @notice It is everybody's as long; what was signed by nobody is void after.
    function test_an_account_drops_code_that_lies() public inEveryAct {
        uint256 state = vm.snapshotState();
        vm.etch(payer, address(new FickleWallet()).code);
        _assertGood(payer, new bytes(65));
        vm.revertToState(state);
        vm.etch(payer, "");
        _assertInvalid(eur, payer, new bytes(65));
    }

    /* MESSAGES */

    function _customer(address wallet, uint128 customerId) private {
        _onboard(eurBank, wallet, CustomerCategory.Retail, GERMANY, customerId);
        _mint(eurBank, wallet, BALANCE);
    }

    function _kind(Act act_) private pure returns (Kind) {
        return Kind((uint8(act_) + 1) / 2);
    }

    /// @dev The present act's message for the euro token, by the payer's key.
    function _signed(address holder) private view returns (bytes memory) {
        return _signed(_kind(act), holder, payerKey);
    }

    /// @dev What a call brings: about 100.00, to the neighbour, the stranger (permit) or the bank, good for the hour
    /// around now.
    function _fields(Kind kind, address holder) private view returns (bytes memory) {
        if (kind == Kind.Permit) return abi.encode(holder, stranger, AMOUNT, BEFORE);
        if (kind == Kind.Cancel) return abi.encode(holder, NONCE);
        if (kind == Kind.Redemption) return abi.encode(holder, AMOUNT, PAYOUT, NONCE, BEFORE);
        return abi.encode(holder, neighbour, AMOUNT, START - 1, BEFORE, NONCE);
    }

    function _signed(Kind kind, address holder, uint256 key) private view returns (bytes memory) {
        bytes32[5] memory typeHashes = [
            TypeHashes.PERMIT,
            TypeHashes.TRANSFER_WITH_AUTHORIZATION,
            TypeHashes.RECEIVE_WITH_AUTHORIZATION,
            TypeHashes.CANCEL_AUTHORIZATION,
            TypeHashes.REDEMPTION_REQUEST
        ];
        bytes memory fields = _fields(kind, holder);
        // Its nonce is signed and not brought.
        if (kind == Kind.Permit) fields = abi.encode(holder, stranger, AMOUNT, eur.nonces(holder), BEFORE);
        return _sign(key, eur, bytes.concat(typeHashes[uint8(kind)], fields));
    }

    function _call(Act act_, address holder, bytes memory signature) private view returns (bytes memory) {
        bytes4[8] memory selectors = [
            IERC20Permit.permit.selector,
            IERC3009.transferWithAuthorization.selector,
            IDepositTokenMain.transferWithAuthorization.selector,
            IERC3009.receiveWithAuthorization.selector,
            IDepositTokenMain.receiveWithAuthorization.selector,
            IERC3009Cancel.cancelAuthorization.selector,
            IDepositTokenMain.cancelAuthorization.selector,
            IDepositTokenExt.requestRedemptionWithSignature.selector
        ];
        (bytes4 selector, bytes memory fields) = (selectors[uint8(act_)], _fields(_kind(act_), holder));
        bool inBytes = act_ == Act.Redemption || (act_ != Act.Permit && uint8(act_) % 2 == 0);
        if (inBytes) {
            return bytes.concat(selector, fields, abi.encode(fields.length + 32, signature.length), signature);
        }
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        return bytes.concat(selector, fields, abi.encode(uint8(signature[64]), r, s));
    }

    /* OUTCOMES */

    /// @dev By a stranger, or by the payee if it is a receipt.
    function _submit(IDepositToken token, Act act_, address holder, bytes memory signature)
        private
        returns (bool success, bytes memory answer)
    {
        bytes memory call = _call(act_, holder, signature);
        vm.prank(_kind(act_) == Kind.Receive ? neighbour : stranger);
        return address(token).call{gas: 1_000_000}(call);
    }

    function _assertGood(address holder, bytes memory signature) private {
        (bool success, bytes memory answer) = _submit(eur, act, holder, signature);
        assertTrue(success, string.concat(_name(act), vm.toString(answer)));
    }

    function _assertRefused(Act act_, address holder, bytes memory signature, bytes memory reason) private {
        (bool success, bytes memory answer) = _submit(eur, act_, holder, signature);
        assertFalse(success, _name(act_));
        assertEq(answer, reason, _name(act_));
    }

    /// @dev Refused for its signature, at any token.
    function _assertInvalid(IDepositToken token, address holder, bytes memory signature) private {
        (bool success, bytes memory answer) = _submit(token, act, holder, signature);
        assertFalse(success, _name(act));
        if (act == Act.Permit) {
            // Who signed instead is anybody, the holder is named.
            assertEq(answer.length, 68);
            assertEq(bytes4(answer), IDepositTokenMain.ERC2612InvalidSigner.selector);
            address named;
            assembly {
                named := mload(add(answer, 0x44))
            }
            assertEq(named, holder);
        } else {
            assertEq(answer, TokenReverts.invalidSignature(), _name(act));
        }
    }

    /// @dev The present act at a time, undone.
    function _assertAt(uint256 time, bool good) private {
        uint256 state = vm.snapshotState();
        bytes memory signature = _signed(payer);
        vm.warp(time);
        if (good) _assertGood(payer, signature);
        else _assertRefused(act, payer, signature, _outOfTime());
        vm.revertToState(state);
    }

    function _outOfTime() private view returns (bytes memory) {
        if (act == Act.Permit) return TokenReverts.expiredSignature(BEFORE);
        if (act == Act.Redemption) return TokenReverts.requestExpired(block.timestamp, BEFORE);
        return TokenReverts.invalidAuthorizationTime(START - 1, BEFORE);
    }

    function _used(address holder) private pure returns (bytes memory) {
        return TokenReverts.usedAuthorization(holder, NONCE);
    }

    function _name(Act act_) private pure returns (string memory) {
        return string.concat("act ", vm.toString(uint8(act_)), ": ");
    }
}
