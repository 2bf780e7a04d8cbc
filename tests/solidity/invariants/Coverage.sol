// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ledger} from "./Ledger.sol";

/// @notice Counts every call of a contract's function, and shows at the end that none was left out.
abstract contract Coverage is Ledger {
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

    /// @dev What stands at an address: the artifacts whose functions it answers. A kind keeps its name through upgrades
    /// and replacements.
    mapping(address target => string kind) internal kindOf;
    mapping(string kind => mapping(bytes4 selector => Tally)) private _tallies;

    constructor() {
        kindOf[address(escrow)] = "SettlementEscrow";
        for (uint256 t = 0; t < TOKENS; ++t) {
            kindOf[address(tokens[t])] = "DepositToken";
        }
        for (uint256 b = 0; b < BANKS; ++b) {
            kindOf[address(banks[b].registry)] = "AllowlistRegistry";
            kindOf[address(banks[b].policy)] = "CorridorPolicy";
        }
    }

    function _count(address target, bytes4 selector, bool success, bool meantToFail) internal {
        Tally storage tally = _tallies[kindOf[target]][selector];
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
        string memory sum = _line("all", report.total);
        bool tooFew = report.total.successes * 100 < report.total.calls * LEAST_PERCENT;
        return (string.concat(report.table, sum), tooFew ? string.concat(report.shortfall, sum) : report.shortfall);
    }

    function _addArtifact(Report memory report, string memory kind, string memory artifact) private view {
        string memory json = vm.readFile(string.concat("out/", artifact, ".sol/", artifact, ".json"));
        string[] memory signatures = vm.parseJsonKeys(json, ".methodIdentifiers");
        string[] memory names = abi.decode(
            vm.parseJson(
                json, ".abi[?(@.type == 'function' && @.stateMutability != 'view' && @.stateMutability != 'pure')].name"
            ),
            (string[])
        );
        for (uint256 i = 0; i < signatures.length; ++i) {
            if (_contains(names, vm.split(signatures[i], "(")[0])) _addFunction(report, kind, signatures[i]);
        }
    }

    function _addFunction(Report memory report, string memory kind, string memory signature) private view {
        bytes4 selector = bytes4(keccak256(bytes(signature)));
        Tally memory tally = _tallies[kind][selector];
        string memory name =
            string.concat(kind, ".", vm.split(signature, "(")[0], " ", vm.toString(abi.encodePacked(selector)));
        // Both halves of a token have some functions in common.
        if (vm.indexOf(report.table, name) != type(uint256).max) return;
        string memory line = _line(name, tally);
        report.table = string.concat(report.table, line);
        uint256 attempts = tally.calls - tally.meantToFail;
        if (tally.successes == 0 || tally.successes * 100 < attempts * LEAST_PERCENT) {
            report.shortfall = string.concat(report.shortfall, line);
        }
        report.total.calls += tally.calls;
        report.total.successes += tally.successes;
        report.total.meantToFail += tally.meantToFail;
    }

    function _line(string memory name, Tally memory tally) private pure returns (string memory) {
        return string.concat(
            string.concat(name, " | ", vm.toString(tally.calls), " | ", vm.toString(tally.successes)),
            string.concat(
                " | ", vm.toString(tally.calls - tally.successes), " | ", vm.toString(tally.meantToFail), "\n"
            )
        );
    }

    function _contains(string[] memory names, string memory name) private pure returns (bool) {
        for (uint256 i = 0; i < names.length; ++i) {
            if (keccak256(bytes(names[i])) == keccak256(bytes(name))) return true;
        }
        return false;
    }
}
