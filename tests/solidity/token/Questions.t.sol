// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";
import {MuteContract} from "../support/mocks/MuteContract.sol";

/// @notice What a token makes of the answer to the one question that it asks a contract before it is set.
contract QuestionsTest is TokenSystem {
    bytes private constant CURRENCY = abi.encodeCall(IDepositTokenExt.currency, ());

    address private asked;

    function setUp() public override {
        super.setUp();
        asked = address(new MuteContract(0));
    }

    function test_a_refusal_is_no_answer_however_long() public {
        bytes memory refusal = TokenReverts.noAnswer(asked, IDepositTokenExt.currency.selector);
        for (uint256 words = 1; words <= 3; ++words) {
            vm.mockCallRevert(asked, CURRENCY, new bytes(words * 32));
            _refused(address(this), abi.encodeCall(eur.setAccepted, (asked, true)), refusal);
        }
    }

    function test_an_answer_may_be_longer_than_a_word() public {
        vm.mockCall(asked, CURRENCY, new bytes(64));
        eur.setAccepted(asked, true);
        assertEq(uint8(eur.acceptanceOf(asked)), uint8(Acceptance.Accepted));
    }

    function test_a_system_account_is_asked_what_it_keeps_for_itself_in_this_token() public {
        vm.mockCall(asked, abi.encodeCall(ISettlementEscrow.claimableOf, (address(eur), asked)), new bytes(32));
        eur.activateSystemAccount(asked);
        assertEq(uint8(eur.systemStatusOf(asked)), uint8(SystemStatus.Active));
    }
}
