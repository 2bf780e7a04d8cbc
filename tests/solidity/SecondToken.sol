// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";

import {DepositToken} from "../../contracts/DepositToken.sol";
import {BankSystem} from "./BankSystem.sol";

/// @notice The banks, and another token of the euro bank that no registry lists yet.
abstract contract SecondToken is BankSystem {
    function _secondToken() internal returns (DepositToken) {
        return _deploy(address(eurBank.registry), address(eurBank.policy));
    }

    function _deploy(address registry, address policy) internal returns (DepositToken) {
        address implementation = address(new DepositToken());
        return DepositToken(
            address(
                new ERC1967Proxy(
                    implementation,
                    abi.encodeCall(
                        DepositToken.initialize,
                        ("Yen Deposit", "JPYd", "JPY", 0, address(eurBank.manager), registry, policy, SUPPLY_CAP)
                    )
                )
            )
        );
    }
}
