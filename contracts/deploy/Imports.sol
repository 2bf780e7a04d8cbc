// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// OpenZeppelin contracts that a deployment uses as they are: named here so that they are compiled with the rest.
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
