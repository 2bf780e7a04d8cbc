// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IDepositToken} from "../interfaces/IDepositToken.sol";
import {ISettlementEscrow} from "../interfaces/ISettlementEscrow.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Claimables} from "./Claimables.sol";

/// @notice What dealers have placed here, like a vostro account, and the keys that sign for them.
abstract contract Inventories is Claimables {
    using SafeERC20 for IERC20;

    /// @inheritdoc ISettlementEscrow
    mapping(address dealer => mapping(address token => uint256)) public inventoryOf;

    /// @inheritdoc ISettlementEscrow
    mapping(address dealer => mapping(address signer => bool)) public isDealerSigner;

    /// @inheritdoc ISettlementEscrow
    function deposit(address token, uint256 amount) external nonReentrant {
        IDepositToken(token).requireDealer(msg.sender);

        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 arrived = IERC20(token).balanceOf(address(this)) - before;
        if (arrived == 0) revert ZeroAmount();
        // More no bank's token has: sums of what dishonest tokens claim can't overflow and stop a payment's other side.
        if (arrived > type(uint128).max) revert AmountExceeds(arrived, type(uint128).max);

        inventoryOf[msg.sender][token] += arrived;
        emit Deposited(msg.sender, token, arrived);
    }

    /// @inheritdoc ISettlementEscrow
    function withdraw(address token, uint256 amount) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        if (IDepositToken(token).isBlocked(msg.sender)) revert OwnerBlocked(msg.sender);

        _takeInventory(msg.sender, token, amount);
        emit Withdrawn(msg.sender, token, amount);

        _pay(token, msg.sender, amount);
    }

    /// @inheritdoc ISettlementEscrow
    function setDealerSigner(address signer, bool allowed) external {
        // A signature that is none recovers to zero.
        if (signer == address(0)) revert ZeroSigner();

        isDealerSigner[msg.sender][signer] = allowed;
        emit DealerSignerSet(msg.sender, signer, allowed);
    }

    /* INTERNAL */

    function _takeInventory(address dealer, address token, uint256 amount) internal {
        uint256 free = inventoryOf[dealer][token];
        if (amount > free) revert InventoryTooLow(dealer, token, free, amount);
        inventoryOf[dealer][token] = free - amount;
    }

    /// @dev The dealer's own key, a key that it named, or its contract.
    function _requireDealerSignature(address dealer, bytes32 digest, bytes calldata signature) internal view {
        address recovered = Signatures.recover(digest, signature);
        if (
            recovered != dealer && !isDealerSigner[dealer][recovered]
                && !Signatures.isValidByContract(dealer, digest, signature)
        ) revert InvalidSignature(dealer, digest);
    }
}
