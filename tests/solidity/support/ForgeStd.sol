// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// One place for the path: a remapping would enter the metadata hash of forge's bytecode and not of Ape's.
import {
    StdConstants,
    Test,
    stdError
} from "../../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Test.sol";
import {Vm, VmSafe} from "../../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Vm.sol";
