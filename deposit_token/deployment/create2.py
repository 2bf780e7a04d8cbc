"""Creating contracts by CREATE2 (EIP-1014) at addresses that are known before."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from eth_typing import HexStr
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.chain import Chain, Signer
from deposit_token.errors import DeploymentError, Rejected, Unsupported

if TYPE_CHECKING:
    from web3.types import Wei

CANONICAL_DEPLOYER = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
"""Creates a contract from 32 bytes of salt and the creation code, for anybody; has no owner."""

_DEPLOYER_TRANSACTION = HexStr(
    "0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082"
    "525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222"
    "222222222222222222222222222222222222222222222222222222222222"
)
"""Creates the canonical deployer on any chain: its signature was made up, so nobody has its key."""
_DEPLOYER_CREATOR = "0x3fAB184622Dc19b6109349B94811493BF2a45362"
_DEPLOYER_COST = 10**16
"""The gas limit of that transaction times its gas price."""


@dataclass(frozen=True)
class Creation:
    """A contract to create, or one that stands already: both have the same address."""

    name: str
    """Its artifact's name."""
    salt: bytes
    """32 bytes."""
    code: bytes
    """Creation code with the constructor's arguments."""

    @classmethod
    def of(cls, name: str, salt: bytes, *arguments: object) -> "Creation":
        """The creation of a contract with these constructor arguments."""
        # It takes seconds to import.
        from web3 import Web3

        found = artifact(name)
        factory = Web3().eth.contract(abi=found.abi, bytecode=found.bytecode)
        code = bytes.fromhex(factory.constructor(*arguments).data_in_transaction[2:])
        return cls(name, salt, code)

    @property
    def address(self) -> str:
        """Where the canonical deployer creates it, on every chain.

        >>> Creation("Nothing", salt=bytes(32), code=b"").address
        '0x280Cc1Fc57a68d437a55F80201735cfd9A9Ae40a'
        """
        parts = (b"\xff", bytes.fromhex(CANONICAL_DEPLOYER[2:]), self.salt)
        hashed = keccak(b"".join(parts) + keccak(self.code))
        return to_checksum_address(hashed[12:])


def create(chain: Chain, account: Signer, creation: Creation) -> None:
    """Create a contract, unless it stands already.

    Deploys the canonical deployer first where a chain lacks it, which costs `account` a hundredth
    of an ether. Raises Unsupported if the chain doesn't take it, DeploymentError if nothing stands
    there afterwards.
    """
    if chain.has_code(creation.address):
        return
    _require_deployer(chain, account)
    data = HexStr(f"0x{(creation.salt + creation.code).hex()}")
    chain.send(account, {"to": to_checksum_address(CANONICAL_DEPLOYER), "data": data})
    if not chain.has_code(creation.address):
        raise DeploymentError(
            f"{creation.name}: found no contract at {creation.address} after it was created, "
            "accepted is one with the code that was sent."
        )


def _require_deployer(chain: Chain, account: Signer) -> None:
    if chain.has_code(CANONICAL_DEPLOYER):
        return
    creator = to_checksum_address(_DEPLOYER_CREATOR)
    missing = _DEPLOYER_COST - chain.web3.eth.get_balance(creator)
    if missing > 0:
        chain.send(account, {"to": creator, "value": cast("Wei", missing)})
    try:
        chain.send_signed("canonical deployer", _DEPLOYER_TRANSACTION)
    except Rejected as error:
        raise Unsupported(
            f"canonical deployer: found none at {CANONICAL_DEPLOYER}, and chain {chain.chain_id} "
            f"refuses the transaction that creates it ({error}), accepted is a chain that has it, "
            "or takes that transaction."
        ) from None
