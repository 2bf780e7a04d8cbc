// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./SecondToken.sol";

/// @notice The banks, and what the tests of the euro token share: refused calls, lost standings and signatures.
abstract contract TokenSystem is SecondToken {
    /// @dev How a signature is brought: as `v, r, s`, or in bytes.
    enum Form {
        Parts,
        Bytes
    }

    /// @dev How an account loses its good standing.
    enum Loss {
        Lapse,
        Revocation,
        BlockOfWallet,
        BlockOfCustomer
    }

    uint256 internal constant BALANCE = 500_00;
    uint64 internal constant OTHER_LEDGER = 7002;
    /// @dev Recovers to nobody.
    bytes internal constant GARBAGE = abi.encodePacked(uint256(1), uint256(1), uint8(29));

    IAllowlistRegistry internal registry;
    address internal minter;
    Form internal form;
    uint128 private customers = 1100;

    function setUp() public virtual override {
        super.setUp();
        registry = eurBank.registry;
        minter = eurBank.minter;
    }

    /// @dev Runs the test for a signature in its parts and for one in bytes, from the same state.
    modifier inBothForms() {
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i < 2; ++i) {
            form = Form(i);
            _;
            vm.revertToState(state);
        }
    }

    /* CALLS */

    /// @dev The euro token refuses the call with these bytes.
    function _refused(address caller, bytes memory call, bytes memory refusal) internal {
        _refused(caller, address(eur), call, refusal);
    }

    function _transfer(address from, address to, uint256 amount) internal {
        vm.prank(from);
        assertTrue(eur.transfer(to, amount));
    }

    function _approve(address owner, address spender, uint256 amount) internal {
        vm.prank(owner);
        assertTrue(eur.approve(spender, amount));
    }

    /// @dev The spender takes from the owner what it was allowed to.
    function _pull(address spender, address owner, address to, uint256 amount) internal {
        vm.prank(spender);
        assertTrue(eur.transferFrom(owner, to, amount));
    }

    function _request(address holder, uint256 amount) internal returns (uint256 id) {
        vm.prank(holder);
        return eur.requestRedemption(amount, "payout");
    }

    /// @dev Of the euro bank's minter.
    function _settle(uint256 id, uint128 entry) internal {
        vm.prank(minter);
        eur.settleRedemption(id, entry);
    }

    /// @dev A contract that answers every call with as many zero bytes: `PUSH1 length PUSH0 RETURN`.
    function _mute(uint8 length) internal returns (address mute) {
        mute = makeAddr(string.concat("mute ", vm.toString(length)));
        vm.etch(mute, abi.encodePacked(hex"60", length, hex"5ff3"));
    }

    /* STANDING */

    /// @dev A customer of its own at the euro bank.
    function _enrol(address wallet, uint16 country) internal {
        registry.register(wallet, CustomerCategory.Retail, country, REVIEWED_UNTIL, ++customers);
    }

    function _lose(address account, Loss loss) internal {
        if (loss == Loss.Lapse) {
            registry.renew(account, uint40(block.timestamp + 1));
            vm.warp(block.timestamp + 1);
        } else if (loss == Loss.Revocation) {
            registry.revoke(account);
        } else if (loss == Loss.BlockOfWallet) {
            registry.blockWallet(account, LEGAL);
        } else {
            registry.blockCustomer(registry.customerIdOf(account), LEGAL);
        }
    }

    /// @dev The call is refused after each way to lose an account's good standing, from the same state.
    function _refusedAfterEachLoss(address account, address caller, bytes memory call, bytes memory refusal) internal {
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(type(Loss).max); ++i) {
            _lose(account, Loss(i));
            _refused(caller, call, refusal);
            vm.revertToState(state);
        }
    }

    /// @dev A block of the wallet of which the token does not hear: its copy says what it said.
    function _blockUnheard(address account) internal {
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenMain.sync, (account)), "");
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(address(eur), account);
        registry.blockWallet(account, LEGAL);
        vm.clearMockedCalls();
    }

    /* SIGNATURES */

    function _parts(bytes memory signature) internal pure returns (uint8 v, bytes32 r, bytes32 s) {
        assertEq(signature.length, 65);
        v = uint8(signature[64]);
        (r, s) = abi.decode(signature, (bytes32, bytes32));
    }
}
