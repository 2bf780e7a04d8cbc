// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../support/ForgeStd.sol";

/// @notice Counts every call of a contract's function, and shows at the end that none was left out.
abstract contract Coverage is Test {
    uint256 private constant LEAST_PERCENT = 60;

    struct Tally {
        uint32 calls;
        uint32 successes;
        uint32 meantToFail;
    }

    struct Report {
        string table;
        string shortfall;
        Tally total;
    }

    mapping(string kind => mapping(bytes4 selector => Tally)) private _tallies;

    function _count(string memory kind, bytes4 selector, bool success, bool meantToFail) internal {
        Tally storage tally = _tallies[kind][selector];
        ++tally.calls;
        if (success) ++tally.successes;
        if (meantToFail) ++tally.meantToFail;
    }

    /// @notice How often each function that changes state was called, by the contracts' own ABIs: one a line.
    /// @return table function | calls | successes | reverts | reverts that were meant
    /// @return shortfall The functions that never succeeded, or in less than 60 % of the calls that were not meant to
    /// fail; and the sum, if less than 60 % of all calls succeeded.
    function coverage() external view returns (string memory table, string memory shortfall) {
        Report memory report = Report("function | calls | successes | reverts | meant\n", "", Tally(0, 0, 0));
        _addArtifact(report, "AllowlistRegistry", "AllowlistRegistry");
        _addArtifact(report, "CorridorPolicy", "CorridorPolicy");
        _addArtifact(report, "SettlementEscrow", "SettlementEscrow");
        _addArtifact(report, "DepositToken", "DepositToken");
        _addArtifact(report, "DepositToken", "DepositTokenExt");
        _addLine(report, "all", report.total, report.total.calls);
        return (report.table, report.shortfall);
    }

    function _addArtifact(Report memory report, string memory kind, string memory artifact) private view {
        string memory json = vm.readFile(string.concat("out/", artifact, ".sol/", artifact, ".json"));
        string memory changing =
            ".abi[?(@.type == 'function' && @.stateMutability != 'view' && @.stateMutability != 'pure')].name";
        string[] memory names = abi.decode(vm.parseJson(json, changing), (string[]));
        string[] memory signatures = vm.parseJsonKeys(json, ".methodIdentifiers");
        for (uint256 i = 0; i < signatures.length; ++i) {
            if (_contains(names, vm.split(signatures[i], "(")[0])) _addFunction(report, kind, signatures[i]);
        }
    }

    function _addFunction(Report memory report, string memory kind, string memory signature) private view {
        bytes4 selector = bytes4(keccak256(bytes(signature)));
        string memory name =
            string.concat(kind, ".", vm.split(signature, "(")[0], " ", vm.toString(abi.encodePacked(selector)));
        // Both halves of a token have some functions in common.
        if (vm.indexOf(report.table, name) != type(uint256).max) return;
        Tally memory tally = _tallies[kind][selector];
        _addLine(report, name, tally, tally.calls - tally.meantToFail);
        report.total.calls += tally.calls;
        report.total.successes += tally.successes;
        report.total.meantToFail += tally.meantToFail;
    }

    function _addLine(Report memory report, string memory name, Tally memory tally, uint256 attempts) private pure {
        uint32[4] memory figures = [tally.calls, tally.successes, tally.calls - tally.successes, tally.meantToFail];
        for (uint256 i = 0; i < figures.length; ++i) {
            name = string.concat(name, " | ", vm.toString(figures[i]));
        }
        report.table = string.concat(report.table, name, "\n");
        bool tooFew = tally.successes == 0 || tally.successes * 100 < attempts * LEAST_PERCENT;
        if (tooFew) report.shortfall = string.concat(report.shortfall, name, "\n");
    }

    function _contains(string[] memory names, string memory name) private pure returns (bool) {
        for (uint256 i = 0; i < names.length; ++i) {
            if (keccak256(bytes(names[i])) == keccak256(bytes(name))) return true;
        }
        return false;
    }
}
