// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/SecondToken.sol";
import {MuteContract} from "../support/mocks/MuteContract.sol";

/// @notice What a bank says of another bank's token: nothing, refunds alone, or all.
contract DepositTokenAcceptanceTest is SecondToken {
    enum Act {
        Accept,
        StrikeOff,
        Suspend,
        Stop,
        Resume
    }

    /// @dev Not accepted yet.
    address private other;

    function setUp() public override {
        super.setUp();
        other = address(_secondToken());
    }

    /* EVERY ACT */

    function test_nothing_is_said_of_a_token_at_first() public view {
        assertEq(uint8(eur.acceptanceOf(other)), uint8(Acceptance.None));
        assertEq(uint8(eur.acceptanceOf(address(0))), uint8(Acceptance.None));
    }

    /// @dev But what was suspended is not accepted past whoever suspended it.
    function test_governor_accepts_and_strikes_off_whatever_was_said() public {
        for (uint8 i = 0; i <= uint8(type(Acceptance).max); ++i) {
            Acceptance said = Acceptance(i);
            _bring(said);
            _assertSet(Act.Accept, said == Acceptance.RefundsOnly ? said : Acceptance.Accepted);
            _bring(said);
            _assertSet(Act.StrikeOff, Acceptance.None);
        }
    }

    function test_suspended_token_is_good_for_refunds_alone() public {
        Act[2] memory acts = [Act.Suspend, Act.Stop];
        for (uint256 i = 0; i < acts.length; ++i) {
            _bring(Acceptance.Accepted);
            _assertSet(acts[i], Acceptance.RefundsOnly);
        }
    }

    function test_suspended_token_is_resumed() public {
        _bring(Acceptance.RefundsOnly);
        _assertSet(Act.Resume, Acceptance.Accepted);
    }

    /// @dev What the governor struck off, or never let through, no working key opens; nor is an act done twice.
    function test_other_acts_are_refused() public {
        _bring(Acceptance.None);
        _assertRefused(Act.Suspend, Acceptance.Accepted);
        _assertRefused(Act.Stop, Acceptance.Accepted);
        _assertRefused(Act.Resume, Acceptance.RefundsOnly);
        _bring(Acceptance.RefundsOnly);
        _assertRefused(Act.Suspend, Acceptance.Accepted);
        _assertRefused(Act.Stop, Acceptance.Accepted);
        _bring(Acceptance.Accepted);
        _assertRefused(Act.Resume, Acceptance.RefundsOnly);
    }

    function testFuzz_any_order_of_acts(uint8[16] memory draws) public {
        Acceptance expected = Acceptance.None;
        for (uint256 i = 0; i < draws.length; ++i) {
            Act act = Act(draws[i] % (uint8(type(Act).max) + 1));
            if (act == Act.Resume) {
                if (expected != Acceptance.RefundsOnly) {
                    _assertRefused(act, Acceptance.RefundsOnly);
                    continue;
                }
                expected = Acceptance.Accepted;
            } else if (act == Act.Suspend || act == Act.Stop) {
                if (expected != Acceptance.Accepted) {
                    _assertRefused(act, Acceptance.Accepted);
                    continue;
                }
                expected = Acceptance.RefundsOnly;
            } else if (act == Act.StrikeOff) {
                expected = Acceptance.None;
            } else if (expected == Acceptance.None) {
                expected = Acceptance.Accepted;
            }
            _assertSet(act, expected);
        }
        // Of the others it says what it said.
        assertEq(uint8(eur.acceptanceOf(address(hkd))), uint8(Acceptance.Accepted));
    }

    /* WHAT CAN BE ACCEPTED */

    function test_accepted_token_answers_as_one() public {
        address[5] memory others =
            [stranger, address(0), address(escrow), address(new MuteContract(0)), address(new MuteContract(31))];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(TokenReverts.noAnswer(others[i], IDepositTokenExt.currency.selector));
            eur.setAccepted(others[i], true);
            assertEq(uint8(eur.acceptanceOf(others[i])), uint8(Acceptance.None));
        }
    }

    /// @dev It may have broken since.
    function test_token_that_does_not_answer_can_be_struck_off_and_suspended() public {
        eur.setAccepted(other, true);
        vm.mockCallRevert(other, bytes(""), "broken");
        eur.suspendAccepted(other);
        eur.resumeAccepted(other);
        eur.setAccepted(other, false);
        assertEq(uint8(eur.acceptanceOf(other)), uint8(Acceptance.None));
        eur.setAccepted(stranger, false);
    }

    function test_token_neither_accepts_nor_strikes_off_itself() public {
        bool[2] memory accepted = [true, false];
        for (uint256 i = 0; i < accepted.length; ++i) {
            vm.expectRevert(TokenReverts.ownToken(address(eur)));
            eur.setAccepted(address(eur), accepted[i]);
        }
    }

    /// @dev A bank's own tokens are strangers to one another too.
    function test_acceptance_is_each_tokens_own() public {
        IDepositToken yen = IDepositToken(other);
        yen.setAccepted(address(eur), true);
        assertEq(uint8(eur.acceptanceOf(other)), uint8(Acceptance.None));
        assertEq(uint8(yen.acceptanceOf(address(eur))), uint8(Acceptance.Accepted));
        assertEq(uint8(yen.acceptanceOf(address(hkd))), uint8(Acceptance.None));
    }

    /* HELPERS */

    function _bring(Acceptance acceptance) private {
        eur.setAccepted(other, false);
        if (acceptance != Acceptance.None) eur.setAccepted(other, true);
        if (acceptance == Acceptance.RefundsOnly) eur.suspendAccepted(other);
        assertEq(uint8(eur.acceptanceOf(other)), uint8(acceptance));
    }

    function _assertSet(Act act, Acceptance expected) private {
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.AcceptanceSet(other, expected);
        _do(act);
        assertEq(uint8(eur.acceptanceOf(other)), uint8(expected));
    }

    function _assertRefused(Act act, Acceptance allowed) private {
        Acceptance found = eur.acceptanceOf(other);
        vm.expectRevert(TokenReverts.wrongAcceptance(other, found, allowed));
        _do(act);
        assertEq(uint8(eur.acceptanceOf(other)), uint8(found));
    }

    function _do(Act act) private {
        if (act == Act.Accept) eur.setAccepted(other, true);
        else if (act == Act.StrikeOff) eur.setAccepted(other, false);
        else if (act == Act.Suspend) eur.suspendAccepted(other);
        else if (act == Act.Stop) eur.stopAccepted(other);
        else eur.resumeAccepted(other);
    }
}
