// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proposal} from "../governance/Proposals.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";
import "./HandedOver.sol";

/// @notice Money that nobody asked for, given to contracts to confuse their books, and keys that want to take it out.
contract TokenDonationAttacksTest is HandedOver {
    uint256 private constant BALANCE = 500_00;

    HostileToken private foreign;

    function setUp() public override {
        super.setUp();
        foreign = new HostileToken();
        _mint(eurBank, payer, BALANCE);
    }

    /// @dev The token itself as a customer, so that no rule but its own keeps money from it.
    function _prepare() internal override {
        _onboard(eurBank, address(eur), CustomerCategory.Institution, GERMANY, 1030);
        _onboard(eurBank, address(escrow), CustomerCategory.Institution, GERMANY, 1031);
    }

    /* DEPOSITS TO CONTRACTS */

    /// @notice By every act there is, although its bank has it as a customer.
    function test_deposits_to_the_token_itself() public {
        bytes memory invalid = TokenReverts.invalidReceiver(address(eur));
        _assertRefused(payer, abi.encodeCall(IERC20.transfer, (address(eur), 1)), invalid);
        _assertRefused(payer, abi.encodeCall(IERC20.transfer, (address(eur), 0)), invalid);
        vm.prank(payer);
        eur.approve(stranger, 1);
        _assertRefused(stranger, abi.encodeCall(IERC20.transferFrom, (payer, address(eur), 1)), invalid);
        _assertRefusedByLaw(abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, address(eur), 1)), invalid);
        _assertRefused(eurBank.minter, abi.encodeCall(eur.mint, (address(eur), 1, _nextEntry(eurBank))), invalid);
        Payment memory payment = _oneCurrency();
        (payment.sourceToken, payment.dealer, payment.merchant) = (address(hkd), dealer, address(eur));
        bytes memory cannotReceive = TokenReverts.cannotReceive(address(eur));
        _assertRefused(address(escrow), abi.encodeCall(eur.requireTarget, (payment)), cannotReceive);
        assertFalse(eur.canReceive(address(eur)));
    }

    /// @notice By every act, the enforcer's too, although its bank has it as a customer, stopped or not.
    function test_deposits_to_the_escrow_past_its_books() public {
        vm.prank(payer);
        eur.approve(stranger, 1);
        for (uint256 i = 0; i < 2; ++i) {
            SystemStatus status = eur.systemStatusOf(address(escrow));
            address place = address(escrow);
            _assertRefused(payer, abi.encodeCall(eur.transfer, (place, 1)), _closed(payer, status));
            _assertRefused(stranger, abi.encodeCall(eur.transferFrom, (payer, place, 1)), _closed(stranger, status));
            bytes memory mint = abi.encodeCall(eur.mint, (place, 1, _nextEntry(eurBank)));
            _assertRefused(eurBank.minter, mint, _closed(eurBank.minter, status));
            bytes memory closed = _closed(_keyOf(Roles.ENFORCER), status);
            _assertRefusedByLaw(abi.encodeCall(eur.forcedTransfer, (payer, place, 0)), closed);
            _assertRefusedByLaw(abi.encodeCall(eur.forcedTransfer, (place, payer, 0)), closed);
            address releaser = _keyOf(Roles.RELEASER);
            _assertRefused(releaser, abi.encodeCall(eur.setFrozenTokens, (place, 1)), _closed(releaser, status));
            vm.prank(_keyOf(Roles.GUARDIAN));
            if (i == 0) eur.stopSystemAccount(address(escrow));
            else eur.pause();
        }
    }

    /* ETHER */

    /// @notice No book counts it, everything goes on, and nobody can take it out.
    function test_ether_by_selfdestruct() public {
        address[4] memory places = [address(eur), address(escrow), address(eurBank.registry), address(eurBank.policy)];
        for (uint256 i = 0; i < places.length; ++i) {
            vm.deal(address(this), 1 ether);
            bytes memory code = abi.encodePacked(hex"73", places[i], hex"ff");
            // Forge can't be told to destroy: this is `PUSH20 place SELFDESTRUCT` as a constructor.
            assembly {
                pop(create(1000000000000000000, add(code, 0x20), mload(code)))
            }
            assertEq(places[i].balance, 1 ether);
        }
        assertEq(eur.totalSupply(), BALANCE);
        assertEq(eur.balanceOf(address(eur)), 0);
        _authorize(_oneCurrency());
        vm.prank(operator);
        escrow.capture(_oneCurrency(), 0, 100_00);
        assertEq(eur.balanceOf(neighbour), 100_00);
        for (uint256 i = 0; i < places.length; ++i) {
            assertEq(places[i].balance, 1 ether);
        }
    }

    /* RESCUE */

    function test_a_rescue_by_the_wrong_key() public {
        for (uint64 role = Roles.REGISTRAR; role <= Roles.ENFORCER + 1; ++role) {
            address key = role > Roles.ENFORCER ? governor : _keyOf(role);
            _assertRefused(key, _rescue(address(foreign)), GovernanceReverts.accessManagedUnauthorized(key));
        }
    }

    /// @notice By its address, and by a token that calls the token back in its name.
    function test_a_rescue_of_the_tokens_own_deposits() public {
        _rescueRefused(address(eur), TokenReverts.ownToken(address(eur)));
        foreign.give(address(eur), 2);
        foreign.setAttack(
            IERC20.transfer.selector, address(eur), abi.encodeCall(IERC20.transferFrom, (payer, neighbour, BALANCE))
        );
        _byGovernor(address(eur), _rescue(address(foreign)));
        assertEq(foreign.attackAnswer(), TokenReverts.insufficientAllowance(address(foreign), 0, BALANCE));
        assertEq(eur.balanceOf(payer), BALANCE);
    }

    /// @notice In the token's name: none of them knows such a call.
    function test_a_rescue_that_calls_the_banks_own_contracts() public {
        address[4] memory places =
            [address(eurBank.registry), address(eurBank.policy), address(eurBank.manager), address(escrow)];
        for (uint256 i = 0; i < places.length; ++i) {
            _rescueRefused(places[i], abi.encodeWithSelector(IDepositToken.FailedCall.selector));
        }
    }

    /* HELPERS */

    function _rescue(address token) private view returns (bytes memory) {
        return abi.encodeCall(IDepositTokenExt.rescueForeignToken, (token, stranger, 1));
    }

    function _rescueRefused(address token, bytes memory reason) private {
        Proposal memory proposal = _ready(address(eur), _rescue(token));
        vm.expectRevert(reason);
        _execute(timelock, proposal);
    }

    /// @dev By the enforcer, in time.
    function _assertRefusedByLaw(bytes memory call, bytes memory refusal) private {
        address enforcer = _keyOf(Roles.ENFORCER);
        vm.prank(enforcer);
        manager.schedule(address(eur), call, 0);
        skip(ENFORCER_DELAY);
        _assertRefused(enforcer, call, refusal);
        vm.prank(enforcer);
        manager.cancel(enforcer, address(eur), call);
    }

    function _assertRefused(address caller, bytes memory call, bytes memory refusal) private {
        _refused(caller, address(eur), call, refusal);
    }

    function _closed(address caller, SystemStatus status) private view returns (bytes memory) {
        return TokenReverts.systemAccountClosed(address(escrow), caller, status);
    }
}
