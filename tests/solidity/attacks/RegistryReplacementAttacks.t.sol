// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./HandedOver.sol";

/// @notice Somebody under a legal block waits for its bank to replace its registry, twice.
contract RegistryReplacementAttacksTest is HandedOver {
    bytes4 private constant LEGAL = "LEGL";
    uint128 private constant CUSTOMER = 1001;

    /// @dev The first knows everybody; the others are empty.
    IAllowlistRegistry[3] private line;
    address private newWallet = makeAddr("a new wallet");
    address private registrar;
    address private compliance;
    address private releaser;

    function setUp() public override {
        super.setUp();
        (registrar, compliance) = (_keyOf(Roles.REGISTRAR), _keyOf(Roles.COMPLIANCE));
        releaser = _keyOf(Roles.RELEASER);
        _mint(eurBank, payer, 100_00);
    }

    function _prepare() internal override {
        line[0] = eurBank.registry;
        for (uint256 i = 1; i < line.length; ++i) {
            line[i] = _newAllowlistRegistry(address(eurBank.manager), line[i - 1]);
            line[i].subscribe(address(eur));
            line[i].setZone(_countries(GERMANY, FRANCE), EEA);
            _give(line[i], IAllowlistRegistry.register.selector, Roles.REGISTRAR);
            _give(line[i], IAllowlistRegistry.registerBatch.selector, Roles.REGISTRAR);
            _give(line[i], IAllowlistRegistry.revoke.selector, Roles.REGISTRAR);
            _give(line[i], IAllowlistRegistry.blockCustomer.selector, Roles.COMPLIANCE);
            _give(line[i], IAllowlistRegistry.unblockCustomer.selector, Roles.RELEASER);
        }
    }

    /// @notice A blocked customer has a new wallet registered in the successor of the registry that blocked it, and in
    /// the successor's: alone, in a batch behind an honest customer, and after the successor had lifted a block of its
    /// own.
    function test_a_blocked_customer_comes_with_a_new_wallet() public {
        vm.prank(compliance);
        line[0].blockCustomer(CUSTOMER, LEGAL);
        _byGovernor(address(eur), abi.encodeCall(IDepositTokenExt.setRegistry, (address(line[1]))));
        _assertKeptOut(line[1], newWallet, RegistryReverts.customerIsBlocked(CUSTOMER));
        vm.prank(compliance);
        line[1].blockCustomer(CUSTOMER, LEGAL);
        vm.prank(releaser);
        line[1].unblockCustomer(CUSTOMER);
        _byGovernor(address(eur), abi.encodeCall(IDepositTokenExt.setRegistry, (address(line[2]))));
        _assertKeptOut(line[2], newWallet, RegistryReverts.customerIsBlocked(CUSTOMER));

        assertFalse(eur.canReceive(newWallet));
        // Who lifts it does so where it stands.
        vm.prank(releaser);
        line[0].unblockCustomer(CUSTOMER);
        vm.prank(registrar);
        line[2].register(newWallet, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, CUSTOMER);
        assertTrue(eur.canReceive(newWallet));
    }

    /// @notice A blocked wallet itself is taken up by the successor, as its own customer's and as another's: its money
    /// stays where it is.
    function test_a_blocked_wallet_comes_as_somebody_else() public {
        vm.prank(compliance);
        line[0].blockWallet(payer, LEGAL);
        _byGovernor(address(eur), abi.encodeCall(IDepositTokenExt.setRegistry, (address(line[2]))));
        bytes memory blocked = RegistryReverts.walletIsBlocked(payer);
        _assertKeptOut(line[1], payer, blocked);
        _assertKeptOut(line[2], payer, blocked);
        for (uint128 id = CUSTOMER - 1; id <= CUSTOMER + 1; ++id) {
            vm.expectRevert(blocked);
            vm.prank(registrar);
            line[2].register(payer, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, id);
        }
        vm.prank(releaser);
        line[0].unblockWallet(payer);
        vm.prank(registrar);
        vm.expectRevert(RegistryReverts.customerIdFixed(payer, CUSTOMER + 1, CUSTOMER));
        line[2].register(payer, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, CUSTOMER + 1);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(payer);
        eur.transfer(neighbour, 1);
    }

    /// @notice The registrar sees a block coming while the bank moves, and has registered the customer in the successor
    /// before: the older block alone does not reach that record, which is why both get it until the token has moved.
    function test_a_customer_that_moves_ahead_of_its_block() public {
        vm.startPrank(registrar);
        line[1].register(payer, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, CUSTOMER);
        line[1].register(neighbour, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, 1002);
        vm.stopPrank();
        vm.startPrank(compliance);
        line[0].blockCustomer(CUSTOMER, LEGAL);
        assertFalse(line[1].isBlocked(payer));
        assertTrue(line[1].isCustomerBlocked(CUSTOMER));
        line[1].blockCustomer(CUSTOMER, LEGAL);
        vm.stopPrank();
        _byGovernor(address(eur), abi.encodeCall(IDepositTokenExt.setRegistry, (address(line[1]))));
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(payer);
        eur.transfer(neighbour, 1);
        // Nor does it come back by a revocation.
        vm.prank(registrar);
        line[1].revoke(payer);
        _assertKeptOut(line[1], payer, RegistryReverts.customerIsBlocked(CUSTOMER));
    }

    /* HELPERS */

    /// @dev By each way in.
    function _assertKeptOut(IAllowlistRegistry registry, address wallet, bytes memory refusal) private {
        bytes memory call = abi.encodeCall(
            IAllowlistRegistry.register, (wallet, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, CUSTOMER)
        );
        _assertRefused(registry, call, refusal);
        bytes[] memory calls = new bytes[](1);
        calls[0] = call;
        _assertRefused(registry, abi.encodeCall(Multicall.multicall, (calls)), refusal);
        (address[] memory wallets, Participant[] memory records) = (new address[](2), new Participant[](2));
        (wallets[0], wallets[1]) = (stranger, wallet);
        records[0] =
            ParticipantPacking.pack(ParticipantStatus.Active, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, 4711);
        records[1] = ParticipantPacking.pack(
            ParticipantStatus.Active, CustomerCategory.Dealer, FRANCE, REVIEWED_UNTIL, CUSTOMER
        );
        _assertRefused(registry, abi.encodeCall(IAllowlistRegistry.registerBatch, (wallets, records)), refusal);
    }

    function _assertRefused(IAllowlistRegistry registry, bytes memory call, bytes memory refusal) private {
        vm.prank(registrar);
        (bool success, bytes memory answer) = address(registry).call(call);
        assertFalse(success);
        assertEq(answer, refusal);
    }

    function _give(IAllowlistRegistry registry, bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        eurBank.manager.setTargetFunctionRole(address(registry), selectors, role);
    }
}
