// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../Words.sol";

// What a deposit token reverts with, as a test expects it: each error by its name, without the standard's number.

function accountEncumbered(address account) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.AccountEncumbered.selector, account);
}

function calledDirectly(address code) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.CalledDirectly.selector, code);
}

function callerNotPayee(address caller, address allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.CallerNotPayee.selector, caller, allowed);
}

function cannotReceive(address account) pure returns (bytes memory) {
    return abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, account);
}

function cannotSend(address account) pure returns (bytes memory) {
    return abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotSend.selector, account);
}

function ceilingNotLower(address minter, uint128 found, uint128 present) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.CeilingNotLower.selector, minter, found, present);
}

function directTransferClosed(address from, address to, uint8 fromZone, uint8 toZone) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenCore.DirectTransferClosed.selector, from, to, fromZone, toZone);
}

function entryConsumed(uint128 entry) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenCore.EntryConsumed.selector, entry);
}

function entryOfOtherLedger(uint128 entry, uint64 found, uint64 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenCore.EntryOfOtherLedger.selector, entry, found, allowed);
}

function expiredSignature(uint256 deadline) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.ERC2612ExpiredSignature.selector, deadline);
}

function feeReceiverElsewhere(address feeReceiver, uint8 foundZone, uint8 allowedZone) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.FeeReceiverElsewhere.selector, feeReceiver, foundZone, allowedZone);
}

function freezeNotHigher(address account, uint128 found, uint128 present) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.FreezeNotHigher.selector, account, found, present);
}

function insufficientAllowance(address spender, uint256 allowance, uint256 needed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, spender, allowance, needed);
}

function insufficientBalance(address sender, uint256 balance, uint256 needed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, sender, balance, needed);
}

function insufficientUnfrozenBalance(address owner, uint256 amount, uint256 unfrozen) pure returns (bytes memory) {
    return abi.encodeWithSelector(IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, owner, amount, unfrozen);
}

function invalidAuthorizationTime(uint256 validAfter, uint256 validBefore) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.ERC3009InvalidAuthorizationTime.selector, validAfter, validBefore);
}

function invalidImplementation(address implementation) pure returns (bytes memory) {
    return abi.encodeWithSelector(ERC1967Utils.ERC1967InvalidImplementation.selector, implementation);
}

function invalidInitialization() pure returns (bytes memory) {
    return abi.encodeWithSelector(Initializable.InvalidInitialization.selector);
}

function invalidMinter(address minter, uint64 ledgerId, uint128 ceiling) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.InvalidMinter.selector, minter, ledgerId, ceiling);
}

function invalidName(string memory found) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.InvalidName.selector, found);
}

function invalidReceiver(address receiver) pure returns (bytes memory) {
    return abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, receiver);
}

function invalidSender(address sender) pure returns (bytes memory) {
    return abi.encodeWithSelector(IERC20Errors.ERC20InvalidSender.selector, sender);
}

function invalidSignature() pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.ERC3009InvalidSignature.selector);
}

function invalidSigner(address signer, address owner) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.ERC2612InvalidSigner.selector, signer, owner);
}

function invalidSpender(address spender) pure returns (bytes memory) {
    return abi.encodeWithSelector(IERC20Errors.ERC20InvalidSpender.selector, spender);
}

function invalidSuspenseAccount(address account) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.InvalidSuspenseAccount.selector, account);
}

function ledgerTaken(uint64 ledgerId, address minter) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.LedgerTaken.selector, ledgerId, minter);
}

function mintAllowanceExceeded(address minter, uint256 found, uint256 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.MintAllowanceExceeded.selector, minter, found, allowed);
}

function noAnswer(address found, bytes4 question) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenCore.NoAnswer.selector, found, question);
}

function notDealer(address account, uint40 validUntil, CustomerCategory category) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.NotDealer.selector, account, validUntil, category);
}

function notExtension(address extension, bytes32 found, bytes32 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.NotExtension.selector, extension, found, allowed);
}

function notHolder(uint256 id, address caller, address allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.NotHolder.selector, id, caller, allowed);
}

function notMinter(address caller) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenCore.NotMinter.selector, caller);
}

function notRefused(address owner, uint40 validUntil) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.NotRefused.selector, owner, validUntil);
}

function notSubscribed(address registry) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.NotSubscribed.selector, registry);
}

function notSuccessor(address owner, address found, address allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.NotSuccessor.selector, owner, found, allowed);
}

function notSystemAccount(address account, SystemStatus found) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenCore.NotSystemAccount.selector, account, found);
}

function ownToken(address token) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.OwnToken.selector, token);
}

function pauseUnchanged(bool paused) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.PauseUnchanged.selector, paused);
}

function policyGenerationsExhausted(uint16 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.PolicyGenerationsExhausted.selector, allowed);
}

function registryNotSuccessor(address found, address allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.RegistryNotSuccessor.selector, found, allowed);
}

function requestExpired(uint256 found, uint256 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.RequestExpired.selector, found, allowed);
}

function safeCastOverflowedUintDowncast(uint8 bits, uint256 value) pure returns (bytes memory) {
    return abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, bits, value);
}

function spenderBlocked(address spender) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.SpenderBlocked.selector, spender);
}

function supplyCapExceeded(uint256 found, uint256 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.SupplyCapExceeded.selector, found, allowed);
}

function supplyCapNotLower(uint128 found, uint128 present) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.SupplyCapNotLower.selector, found, present);
}

function systemAccountClosed(address account, address caller, SystemStatus status) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenCore.SystemAccountClosed.selector, account, caller, status);
}

function systemStatusUnchanged(address account, SystemStatus status) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.SystemStatusUnchanged.selector, account, status);
}

function tokenNotAccepted(address token, Acceptance found) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.TokenNotAccepted.selector, token, found);
}

function tokenPaused() pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenCore.TokenPaused.selector);
}

function tokensLocked(address account, uint256 found, uint256 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenCore.TokensLocked.selector, account, found, allowed);
}

function uUPSUnsupportedProxiableUUID(bytes32 slot) pure returns (bytes memory) {
    return abi.encodeWithSelector(UUPSUpgradeable.UUPSUnsupportedProxiableUUID.selector, slot);
}

function unknownCode(uint8 found, uint8 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.UnknownCode.selector, found, allowed);
}

function usedAuthorization(address authorizer, bytes32 nonce) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenMain.ERC3009UsedAuthorization.selector, authorizer, nonce);
}

function wrongAcceptance(address token, Acceptance found, Acceptance allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenExt.WrongAcceptance.selector, token, found, allowed);
}

function wrongRedemptionStatus(uint256 id, RedemptionStatus found, RedemptionStatus allowed)
    pure
    returns (bytes memory)
{
    return abi.encodeWithSelector(IDepositTokenExt.WrongRedemptionStatus.selector, id, found, allowed);
}

function zeroAmount() pure returns (bytes memory) {
    return abi.encodeWithSelector(IDepositTokenCore.ZeroAmount.selector);
}
