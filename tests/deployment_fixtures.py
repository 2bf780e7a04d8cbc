"""What the tests of deployments share: banks on a chain, acts by their keys, and time."""

from collections.abc import Iterable
from itertools import combinations

from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from deposit_token.bank_config import BankConfig
from deposit_token.bank_deployment import BankDeployment
from deposit_token.chain import Chain, calldata
from deposit_token.deployment_file import DeploymentFile

SALT = bytes(32)


def file_of(*configs: BankConfig) -> DeploymentFile:
    """A deployment file in which every token accepts all of the other banks."""
    issues = [
        {"bank": config.name, "currency": token.currency}
        for config in configs
        for token in config.tokens
    ]
    pairs = [pair for pair in combinations(issues, 2) if pair[0]["bank"] != pair[1]["bank"]]
    return DeploymentFile(banks=configs, acceptances=[{"tokens": pair} for pair in pairs])


def deploy(
    chain: Chain, account: LocalAccount, *configs: BankConfig
) -> tuple[str, list[BankDeployment]]:
    """The escrow and the banks of such a file, all handed over."""
    escrow, banks = file_of(*configs).deploy(chain, account)
    return escrow, list(banks.values())


def changed(config: BankConfig, **changes: object) -> BankConfig:
    """The configuration with other values, checked anew."""
    return BankConfig(**config.model_dump() | changes)


def advance(chain: Chain, moment: int) -> None:
    """Mine a block of that moment, Unix seconds."""
    chain.web3.provider.make_request("evm_setNextBlockTimestamp", [moment])
    chain.web3.provider.make_request("evm_mine", [])


def propose(
    chain: Chain, bank: BankDeployment, governor: LocalAccount, acts: Iterable[ContractFunction]
) -> ContractFunction:
    """Schedule acts at the bank's timelock as one; gives what carries them out after its delay."""
    acts = list(acts)
    batch = (
        [act.address for act in acts],
        [0] * len(acts),
        [calldata(act) for act in acts],
        SALT,
        SALT,
    )
    timelock = chain.contract("BankTimelock", bank.timelock).functions
    delay = chain.call(timelock.getMinDelay())
    chain.send(governor, timelock.scheduleBatch(*batch, delay))
    return timelock.executeBatch(*batch)


def carry_out(
    chain: Chain, bank: BankDeployment, governor: LocalAccount, *acts: ContractFunction
) -> None:
    """Propose acts, wait, and carry them out."""
    ready = propose(chain, bank, governor, acts)
    timelock = chain.contract("BankTimelock", bank.timelock).functions
    advance(chain, chain.now() + chain.call(timelock.getMinDelay()))
    chain.send(governor, ready)
