// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {LenientToken} from "./LenientToken.sol";

/// @notice Any ERC-20, with plenty for whoever asks.
contract PlainToken is ERC20 {
    constructor() ERC20("Plain", "PLN") {}

    function give(address account, uint256 amount) external {
        _mint(account, amount);
    }
}

/// @notice One that also takes authorizations as USDC does, from everybody, signed or not.
contract AuthorizedToken is PlainToken {
    function receiveWithAuthorization(address from, address to, uint256 value, uint256, uint256, bytes32, bytes memory)
        external
    {
        _transfer(from, to, value);
    }
}

/// @notice One that takes every call and answers nothing, as a wrapper of the chain's own coin does.
contract SwallowingToken is PlainToken {
    fallback() external {}
}

/// @notice One that means no harm and keeps a tenth of what comes to an account (fee on transfer).
contract TaxedToken is PlainToken, LenientToken {
    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        _transfer(from, to, value - value / 10);
        return true;
    }
}
