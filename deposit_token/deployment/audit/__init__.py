"""The audit: whether a bank stands on the chain as its file says, and nothing else does.

It reads the end state: from the events since the bank's manager was created all that was ever set,
from the contracts what is set now. `check_bank` looks at one bank, before its set-up key renounces
and at any time later; `DeploymentFile.check` at all of a file.
"""

from deposit_token.chain.chain import Chain
from deposit_token.deployment.audit.code import check_code, check_escrow_code
from deposit_token.deployment.audit.findings import Finding, Report
from deposit_token.deployment.audit.powers import check_powers
from deposit_token.deployment.audit.scheduled import check_scheduled
from deposit_token.deployment.audit.settings import check_settings, tell_stops
from deposit_token.deployment.audit.subject import Subject
from deposit_token.deployment.audit.timelocks import check_timelocks
from deposit_token.deployment.audit.totals import tell_totals
from deposit_token.deployment.audit.untouched import check_untouched
from deposit_token.deployment.audit.wiring import check_wiring
from deposit_token.deployment.bank import BankDeployment
from deposit_token.values.fields import Address, checked

__all__ = ["Finding", "Report", "check_bank"]


@checked
def check_bank(
    chain: Chain, bank: BankDeployment, escrow: Address, set_up: Address | None = None
) -> Report:
    """Compare a bank with its file, as of the latest block.

    `set_up` is the key that is about to renounce: its power is no finding. Raises Unreachable if
    the node gives no answer.
    """
    subject = Subject(chain, bank, escrow, set_up)
    foreign = tuple(check_code(subject))
    if foreign:
        why = "Nothing else was looked at, as the answers of foreign code mean nothing."
        return Report(bank.config.name, foreign, (why,), ())
    unseen = subject.look_back()
    findings = [
        *check_escrow_code(subject),
        *check_wiring(subject),
        *check_powers(subject),
        *check_timelocks(subject),
        *check_scheduled(subject),
        *check_settings(subject),
        *check_untouched(subject),
    ]
    stops = [*tell_stops(subject)]
    # A bank is handed over without any; later they are its own keys' business.
    told = [f"{stop.thing[0].upper()}{stop.thing[1:]}: {stop.found}." for stop in stops]
    return Report(
        bank=bank.config.name,
        findings=(*findings, *(stops if set_up else [])),
        unseen=() if unseen is None else (unseen,),
        totals=(*tell_totals(subject), *([] if set_up else told)),
    )
