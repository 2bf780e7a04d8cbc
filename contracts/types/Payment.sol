// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice What payer, merchant, platform and dealer agree on. Its EIP-712 digest in the escrow's domain is the
/// payment's id and the nonce of the payer's ERC-3009 authorization, so one signature binds every term.
/// @param payer Whose tokens pay.
/// @param merchant Who is paid.
/// @param operator The platform that drives the payment.
/// @param dealer Takes the source amount and gives the target amount; zero exactly if both tokens are the same.
/// @param arbiter Decides a disputed payment; none of the other parties. Zero: the payment can't be disputed.
/// @param feeReceiver A customer of the merchant's bank in the merchant's zone; zero exactly if there is no fee.
/// @param sourceToken The payer's bank's token.
/// @param targetToken The merchant's bank's token.
/// @param sourceAmount Minor units of the source token.
/// @param targetAmount Minor units of the target token.
/// @param feeBps The platform's fee in 1/10,000 of the target amount, at most 10,000 (which leaves the merchant
/// nothing, so that in two currencies only a capture of all that is left is possible).
/// @param authorizeBy Unix seconds, as all deadlines.
/// @param captureFrom Not before authorized goods ship.
/// @param captureBy From here on the payer gets back what was not captured.
/// @param resolveBy From here on the payer gets back what is disputed. Equal to captureBy without an arbiter, else
/// at least a day after it.
/// @param refundBy From here on nothing is refunded by the escrow.
/// @param purpose ISO 20022 purpose code, or 0.
/// @param uetr The payment's UUIDv4 across all systems.
/// @param remittanceHash Hash of the remittance information, which stays off the chain.
struct Payment {
    address payer;
    address merchant;
    address operator;
    address dealer;
    address arbiter;
    address feeReceiver;
    address sourceToken;
    address targetToken;
    uint104 sourceAmount;
    uint104 targetAmount;
    uint16 feeBps;
    uint40 authorizeBy;
    uint40 captureFrom;
    uint40 captureBy;
    uint40 resolveBy;
    uint40 refundBy;
    bytes4 purpose;
    bytes16 uetr;
    bytes32 remittanceHash;
}
