// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {ISettlementEscrow} from "../interfaces/ISettlementEscrow.sol";
import {Payment} from "../types/Payment.sol";
import {RefundQuote} from "../types/RefundQuote.sol";

/// @notice The EIP-712 messages of the escrow and their digests: what payer, dealer, merchant and bank sign.
abstract contract Messages is EIP712, ISettlementEscrow {
    bytes32 private constant PAYMENT_TYPEHASH = keccak256(
        "Payment(address payer,address merchant,address operator,address dealer,address arbiter,address feeReceiver,"
        "address sourceToken,address targetToken,uint104 sourceAmount,uint104 targetAmount,uint16 feeBps,"
        "uint40 authorizeBy,uint40 captureFrom,uint40 captureBy,uint40 resolveBy,uint40 refundBy,bytes4 purpose,"
        "bytes16 uetr,bytes32 remittanceHash)"
    );
    bytes32 private constant APPROVAL_TYPEHASH = keccak256("PaymentApproval(bytes32 paymentId,uint40 validUntil)");
    bytes32 private constant RELEASE_TYPEHASH = keccak256("Release(bytes32 paymentId,uint40 deadline)");
    bytes32 private constant QUOTE_TYPEHASH = keccak256(
        "RefundQuote(bytes32 paymentId,uint104 refundedBefore,uint104 sourceAmount,uint104 targetAmount,"
        "address dealer,uint40 deadline)"
    );

    /// @dev Bytes of a {Payment} in the calldata.
    uint256 internal constant TERMS_SIZE = 19 * 32;

    constructor() EIP712("SettlementEscrow", "1") {}

    /// @inheritdoc ISettlementEscrow
    function paymentId(Payment calldata payment) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(PAYMENT_TYPEHASH, payment)));
    }

    /// @inheritdoc ISettlementEscrow
    function approvalDigest(bytes32 id, uint40 validUntil) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(APPROVAL_TYPEHASH, id, validUntil)));
    }

    /// @inheritdoc ISettlementEscrow
    function releaseDigest(bytes32 id, uint40 deadline) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(RELEASE_TYPEHASH, id, deadline)));
    }

    /// @inheritdoc ISettlementEscrow
    function quoteDigest(RefundQuote calldata quote) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(QUOTE_TYPEHASH, quote)));
    }

    /* INTERNAL */

    /// @dev {paymentId} of the terms that this call brings, for a tenth of the gas: they are the first argument of
    /// every function, and 19 words without a dynamic field lie in the calldata as EIP-712 hashes them. A word with
    /// dirty bits gives an id that no payment has, since authorizing and charging decode every field, which checks it.
    function _id() internal view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encodePacked(PAYMENT_TYPEHASH, _terms())));
    }

    /// @dev The terms as they lie in the calldata: what hashes, hands on or tells them copies these bytes. Encoding
    /// each of the 19 fields anew would cost 1,500 gas a time.
    function _terms() internal pure returns (bytes calldata) {
        return msg.data[4:4 + TERMS_SIZE];
    }
}
