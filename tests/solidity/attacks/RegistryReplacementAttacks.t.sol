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
            _openFunctions(eurBank.manager, "AllowlistRegistry", address(line[i]));
        }
    }

    /// @notice To the successor, and to the successor's after that had lifted a block of its own.
    function test_a_blocked_customer_comes_with_a_new_wallet() public {
        vm.prank(compliance);
        line[0].blockCustomer(CUSTOMER, LEGAL);
        _moveTo(line[1]);
        _assertKeptOut(line[1], newWallet, RegistryReverts.customerIsBlocked(CUSTOMER));
        vm.prank(compliance);
        line[1].blockCustomer(CUSTOMER, LEGAL);
        vm.prank(releaser);
        line[1].unblockCustomer(CUSTOMER);
        _moveTo(line[2]);
        _assertKeptOut(line[2], newWallet, RegistryReverts.customerIsBlocked(CUSTOMER));

        assertFalse(eur.canReceive(newWallet));
        // Who lifts it does so where it stands.
        vm.prank(releaser);
        line[0].unblockCustomer(CUSTOMER);
        _done(registrar, address(line[2]), _registration(newWallet, CUSTOMER));
        assertTrue(eur.canReceive(newWallet));
    }

    function test_a_blocked_wallet_comes_as_somebody_else() public {
        vm.prank(compliance);
        line[0].blockWallet(payer, LEGAL);
        _moveTo(line[2]);
        bytes memory blocked = RegistryReverts.walletIsBlocked(payer);
        _assertKeptOut(line[1], payer, blocked);
        _assertKeptOut(line[2], payer, blocked);
        _refused(registrar, address(line[2]), _registration(payer, CUSTOMER - 1), blocked);
        _refused(registrar, address(line[2]), _registration(payer, CUSTOMER + 1), blocked);
        vm.prank(releaser);
        line[0].unblockWallet(payer);
        bytes memory idFixed = RegistryReverts.customerIdFixed(payer, CUSTOMER + 1, CUSTOMER);
        _refused(registrar, address(line[2]), _registration(payer, CUSTOMER + 1), idFixed);
        _refused(payer, address(eur), abi.encodeCall(eur.transfer, (neighbour, 1)), TokenReverts.cannotSend(payer));
    }

    /// @notice The older block alone does not reach that record, which is why both get it until the token has moved.
    function test_a_customer_that_moves_ahead_of_its_block() public {
        _done(registrar, address(line[1]), _registration(payer, CUSTOMER));
        _done(registrar, address(line[1]), _registration(neighbour, 1002));
        vm.startPrank(compliance);
        line[0].blockCustomer(CUSTOMER, LEGAL);
        assertFalse(line[1].isBlocked(payer));
        assertTrue(line[1].isCustomerBlocked(CUSTOMER));
        line[1].blockCustomer(CUSTOMER, LEGAL);
        vm.stopPrank();
        _moveTo(line[1]);
        _refused(payer, address(eur), abi.encodeCall(eur.transfer, (neighbour, 1)), TokenReverts.cannotSend(payer));
        // Nor does it come back by a revocation.
        vm.prank(registrar);
        line[1].revoke(payer);
        _assertKeptOut(line[1], payer, RegistryReverts.customerIsBlocked(CUSTOMER));
    }

    /* HELPERS */

    function _moveTo(IAllowlistRegistry registry) private {
        _byGovernor(address(eur), abi.encodeCall(IDepositTokenExt.setRegistry, (address(registry))));
    }

    function _registration(address wallet, uint128 customerId) private pure returns (bytes memory) {
        return abi.encodeCall(
            IAllowlistRegistry.register, (wallet, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, customerId)
        );
    }

    /// @dev Each way in: alone, in a `multicall`, and in a batch behind an honest customer.
    function _assertKeptOut(IAllowlistRegistry registry, address wallet, bytes memory refusal) private {
        bytes[] memory calls = new bytes[](1);
        calls[0] = _registration(wallet, CUSTOMER);
        _refused(registrar, address(registry), calls[0], refusal);
        _refused(registrar, address(registry), abi.encodeCall(Multicall.multicall, (calls)), refusal);
        (address[] memory wallets, Participant[] memory records) = (new address[](2), new Participant[](2));
        (wallets[0], wallets[1]) = (stranger, wallet);
        records[0] =
            ParticipantPacking.pack(ParticipantStatus.Active, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, 4711);
        records[1] = ParticipantPacking.pack(
            ParticipantStatus.Active, CustomerCategory.Dealer, FRANCE, REVIEWED_UNTIL, CUSTOMER
        );
        bytes memory batch = abi.encodeCall(IAllowlistRegistry.registerBatch, (wallets, records));
        _refused(registrar, address(registry), batch, refusal);
    }
}
