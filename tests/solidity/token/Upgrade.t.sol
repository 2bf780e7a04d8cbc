// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice A token in the middle of its life gets new code and finds everything where it was.
/// @dev That the layout of the storage stays the same, `tests/tools/test_storage_layout.py` holds.
contract UpgradeTest is TokenSystem {
    address private extension;
    address private next;
    uint32 private epoch;
    Payment private payment;

    function setUp() public override {
        super.setUp();
        extension = newExtension();
        next = newDepositToken(extension);
        _mint(eurBank, payer, BALANCE);
        _approve(payer, stranger, 7_00);
        bytes memory message = abi.encode(eur.CANCEL_AUTHORIZATION_TYPEHASH(), payer, bytes32("cancelled"));
        eur.cancelAuthorization(payer, "cancelled", _sign(payerKey, eur, message));
        message = abi.encode(eur.PERMIT_TYPEHASH(), payer, operator, 9_00, 0, START);
        eur.permit(payer, operator, 9_00, START, _sign(payerKey, eur, message));
        eur.acceptRedemption(_request(payer, 30_00));
        eur.setFrozenTokens(payer, 12_00);
        eur.setTerms("https://bank.example/deposits/eur/terms.pdf", keccak256("terms"));
        eur.setSuspenseAccount(neighbour);
        payment = _oneCurrency();
        _authorize(payment);
        epoch = eur.epoch();
    }

    function test_upgrade_replaces_the_extension_too() public {
        vm.expectEmit(address(eur));
        emit IDepositTokenCore.EpochAdopted(epoch + 1);
        vm.expectEmit(address(eur));
        emit IERC1967.Upgraded(next);
        eur.upgradeToAndCall(next, "");
        assertEq(eur.EXTENSION(), extension);
        assertEq(eur.epoch(), epoch + 1);
        assertEq(address(uint160(uint256(vm.load(address(eur), ERC1967Utils.IMPLEMENTATION_SLOT)))), next);
    }

    /// @dev It writes the epoch and the code's address alone, so that every answer is that of before.
    function test_upgraded_token_finds_everything() public {
        bytes32 answers = _answers();
        vm.record();
        eur.upgradeToAndCall(next, "");
        (, bytes32[] memory writes) = vm.accesses(address(eur));
        assertEq(writes.length, 2, "words that are written");
        assertEq(_answers(), answers);
    }

    function test_copies_are_made_anew() public {
        eur.sync(payer);
        eur.sync(neighbour);
        eur.upgradeToAndCall(next, "");
        vm.expectCall(address(registry), abi.encodeCall(registry.standingOf, (payer)), 1);
        vm.expectCall(address(registry), abi.encodeCall(registry.standingOf, (neighbour)), 1);
        _transfer(payer, neighbour, 1_00);
        _transfer(neighbour, payer, 1_00);
    }

    function test_what_is_under_way_goes_on() public {
        eur.upgradeToAndCall(next, "");
        vm.prank(operator);
        escrow.capture(payment, 0, 100_00);
        assertEq(eur.balanceOf(neighbour), 100_00);
        _settle(1, _nextEntry(eurBank));
        assertEq(eur.totalSupply(), BALANCE - 30_00);
        assertEq(_request(payer, 1), 2);
        registry.blockCustomer(1001, LEGAL);
        assertEq(eur.epoch(), epoch + 2);
        assertFalse(eur.canSend(payer));
    }

    /// @dev The hash of what the token says of itself and of the payer, each of which is something and not nothing.
    function _answers() private returns (bytes32) {
        bytes[18] memory calls = [
            abi.encodeCall(eur.balanceOf, (payer)),
            abi.encodeCall(eur.totalSupply, ()),
            abi.encodeCall(eur.supplyCap, ()),
            abi.encodeCall(eur.getFrozenTokens, (payer)),
            abi.encodeCall(eur.lockedOf, (payer)),
            abi.encodeCall(eur.isEntryConsumed, (_entry(EUR_LEDGER, 1))),
            abi.encodeCall(eur.minterOf, (minter)),
            abi.encodeCall(eur.minterOfLedger, (EUR_LEDGER)),
            abi.encodeCall(eur.allowance, (payer, stranger)),
            abi.encodeCall(eur.nonces, (payer)),
            abi.encodeCall(eur.authorizationState, (payer, "cancelled")),
            abi.encodeCall(eur.DOMAIN_SEPARATOR, ()),
            abi.encodeCall(eur.redemptionOf, (1)),
            abi.encodeCall(eur.openRedemptionsOf, (payer)),
            abi.encodeCall(eur.terms, ()),
            abi.encodeCall(eur.suspenseAccount, ()),
            abi.encodeCall(eur.systemStatusOf, (address(escrow))),
            abi.encodeCall(eur.acceptanceOf, (address(hkd)))
        ];
        bytes memory all;
        for (uint256 i = 0; i < calls.length; ++i) {
            bytes memory answer = _done(stranger, address(eur), calls[i]);
            assertNotEq(keccak256(answer), keccak256(new bytes(answer.length)), vm.toString(calls[i]));
            all = bytes.concat(all, answer);
        }
        return keccak256(all);
    }
}
