// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";
import {MuteContract} from "../support/mocks/MuteContract.sol";

/// @notice What a bank says of another bank's token: nothing, refunds alone, or all.
contract DepositTokenAcceptanceTest is TokenSystem {
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

    /// @dev The governor accepts and strikes off whatever was said, but accepts nothing past whoever suspended it. What
    /// it struck off, or never let through, no working key opens; nor is an act done twice.
    function test_each_act_after_whatever_was_said() public {
        (Acceptance none, Acceptance refunds, Acceptance all) =
            (Acceptance.None, Acceptance.RefundsOnly, Acceptance.Accepted);
        for (uint8 i = 0; i <= uint8(type(Acceptance).max); ++i) {
            Acceptance said = Acceptance(i);
            _assertAct(said, Act.Accept, said, said == refunds ? refunds : all);
            _assertAct(said, Act.StrikeOff, said, none);
            _assertAct(said, Act.Suspend, all, refunds);
            _assertAct(said, Act.Stop, all, refunds);
            _assertAct(said, Act.Resume, refunds, all);
        }
        // Of the others it says what it said.
        assertEq(uint8(eur.acceptanceOf(address(hkd))), uint8(all));
    }

    /* WHAT CAN BE ACCEPTED */

    function test_accepted_token_answers_as_one() public {
        address[5] memory others =
            [stranger, address(0), address(escrow), address(new MuteContract(0)), address(new MuteContract(31))];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory refusal = TokenReverts.noAnswer(others[i], IDepositTokenExt.currency.selector);
            _refused(address(this), abi.encodeCall(eur.setAccepted, (others[i], true)), refusal);
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
        bytes memory refusal = TokenReverts.ownToken(address(eur));
        _refused(address(this), abi.encodeCall(eur.setAccepted, (address(eur), true)), refusal);
        _refused(address(this), abi.encodeCall(eur.setAccepted, (address(eur), false)), refusal);
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

    /// @dev The act leads from what was said to what is said next, if that is what it is for.
    function _assertAct(Acceptance said, Act act, Acceptance allowed, Acceptance next) private {
        eur.setAccepted(other, false);
        if (said != Acceptance.None) eur.setAccepted(other, true);
        if (said == Acceptance.RefundsOnly) eur.suspendAccepted(other);
        if (said == allowed) {
            vm.expectEmit(address(eur));
            emit IDepositTokenExt.AcceptanceSet(other, next);
            Address.functionCall(address(eur), _call(act));
            assertEq(uint8(eur.acceptanceOf(other)), uint8(next));
        } else {
            _refused(address(this), _call(act), TokenReverts.wrongAcceptance(other, said, allowed));
        }
    }

    function _call(Act act) private view returns (bytes memory) {
        if (act == Act.Accept) return abi.encodeCall(eur.setAccepted, (other, true));
        if (act == Act.StrikeOff) return abi.encodeCall(eur.setAccepted, (other, false));
        if (act == Act.Suspend) return abi.encodeCall(eur.suspendAccepted, (other));
        if (act == Act.Stop) return abi.encodeCall(eur.stopAccepted, (other));
        return abi.encodeCall(eur.resumeAccepted, (other));
    }
}
