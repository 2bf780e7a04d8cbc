"""What every error of the contracts says to a user, and what the caller does next.

A text is the rest of a sentence that begins with the act: "capture: <text>." Its fields are the
error's arguments; the word after the colon says how to show one (see `sentences`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from deposit_token.errors import Next


class RefusalText(NamedTuple):
    """The sentence of one error, without the act in front and the full stop behind."""

    text: str
    next: Next
    if_zero: tuple[str, "RefusalText"] | None = None
    """An argument, and what holds in its stead where that is zero."""

    def by(self, arguments: Mapping[str, Any]) -> "RefusalText":
        """What holds with these arguments."""
        if self.if_zero is not None and arguments[self.if_zero[0]] == 0:
            return self.if_zero[1]
        return self


_AGAIN, _WAIT, _CORRECT, _GIVE_UP = Next.TRY_AGAIN, Next.WAIT, Next.CORRECT, Next.GIVE_UP

TEXTS: dict[str, RefusalText] = {
    # Solidity's own
    "Error": RefusalText(
        "found that the contract said {message}, accepted is what its own rules let through",
        _GIVE_UP,
    ),
    "Panic": RefusalText(
        "found the contract at an impossible value (panic code {code}), accepted are values that "
        "it can compute with",
        _GIVE_UP,
    ),
    # The terms of a payment
    "ZeroAmount": RefusalText("found an amount of zero, accepted is one above zero", _CORRECT),
    "AmountsDiffer": RefusalText(
        "found {sourceAmount:amount} to take and {targetAmount:amount} to pay in the same token, "
        "accepted are equal amounts",
        _CORRECT,
    ),
    "DealerMismatch": RefusalText(
        "found {dealer} as dealer between {sourceToken} and {targetToken}, accepted is a dealer "
        "exactly if the tokens differ",
        _CORRECT,
    ),
    "PartiesNotDistinct": RefusalText(
        "found {payer} as payer, {merchant} as merchant and {dealer} as dealer, accepted are "
        "different accounts",
        _CORRECT,
    ),
    "ArbiterNotNeutral": RefusalText(
        "found {arbiter} as arbiter, accepted is none of the other parties", _CORRECT
    ),
    "ArbiterNamed": RefusalText(
        "found {arbiter} as arbiter of what is to be charged, accepted is none: authorize and "
        "capture instead",
        _CORRECT,
    ),
    "FeeInvalid": RefusalText(
        "found a fee of {feeBps} hundredths of a percent for {feeReceiver}, accepted are at most "
        "10,000 and a receiver exactly if there is a fee",
        _CORRECT,
    ),
    "DeadlinesCrossed": RefusalText(
        "found authorize by {authorizeBy:time}, capture from {captureFrom:time}, capture by "
        "{captureBy:time} and refund by {refundBy:time}, accepted is that order, the first two in "
        "either",
        _CORRECT,
    ),
    "ResolveByMismatch": RefusalText(
        "found resolve by {resolveBy:time} with {arbiter} as arbiter, accepted is capture by "
        "({captureBy:time}) without an arbiter, and at least a day later with one",
        _CORRECT,
    ),
    "FeeReceiverElsewhere": RefusalText(
        "found the fee receiver {feeReceiver} in {foundZone:zone}, accepted is the merchant's "
        "zone, {allowedZone:zone}",
        _CORRECT,
    ),
    "NotDepositToken": RefusalText(
        "found {token}, which does not answer as a deposit token, accepted is one of a bank",
        _CORRECT,
    ),
    "TokenNotAccepted": RefusalText(
        "found {token} on the other side, which the bank has as {found}, accepted is a token that "
        "it accepts",
        _CORRECT,
    ),
    # Consents
    "InvalidSignature": RefusalText(
        "found no signature of {signer} under what is to be done (digest {digest}), accepted is "
        "one of that account or, for a dealer, of a key that it has named{signer:signed}",
        _CORRECT,
    ),
    "ZeroSigner": RefusalText("found the zero address as signer, accepted is another", _CORRECT),
    "NoApprover": RefusalText(
        "found no approver at the payer's bank, whose corridor asks for approvals, accepted is a "
        "bank that has named one",
        _GIVE_UP,
    ),
    "ERC3009InvalidSignature": RefusalText(
        "found no signature of the account whose tokens are asked for under what is to be done, "
        "accepted is one of that account{account:signed}",
        _CORRECT,
    ),
    "ERC3009InvalidAuthorizationTime": RefusalText(
        "found an authorization that is good after {validAfter:time} and before "
        "{validBefore:time}, accepted is one that is good now",
        _CORRECT,
    ),
    "ERC3009UsedAuthorization": RefusalText(
        "found the authorization {nonce} of {authorizer}, which was used or cancelled before, "
        "accepted is a new one",
        _GIVE_UP,
    ),
    "ERC2612InvalidSigner": RefusalText(
        "found a permit signed by {signer}, accepted is the owner's, {owner}", _CORRECT
    ),
    "ERC2612ExpiredSignature": RefusalText(
        "found a permit that ended on {deadline:time}, accepted is one that is good now", _CORRECT
    ),
    "InvalidAccountNonce": RefusalText(
        "found another nonce in the permit, accepted is {currentNonce}, the next of {account}",
        _CORRECT,
    ),
    "CallerNotPayee": RefusalText(
        "found {caller} as caller, accepted is the payee, {allowed}: only it brings such an "
        "authorization",
        _CORRECT,
    ),
    "RequestExpired": RefusalText(
        "found a redemption request at {found:time}, accepted is one before its deadline, "
        "{allowed:time}",
        _CORRECT,
    ),
    # Whose act, and when
    "NotAllowed": RefusalText("found {caller} as caller, accepted is {allowed}", _CORRECT),
    "WrongStatus": RefusalText(
        "found the payment {id} {found}, accepted is one that is {allowed}", _GIVE_UP
    ),
    "TooEarly": RefusalText(
        "found the time {found:time}, accepted is {allowed:time} or later", _WAIT
    ),
    "TooLate": RefusalText(
        "found the time {found:time}, accepted is any before {allowed:time}",
        _GIVE_UP,
        (
            "allowed",
            RefusalText(
                "found no approval of the payer's bank, accepted is one: its corridor asks for it",
                _CORRECT,
            ),
        ),
    ),
    "NoArbiter": RefusalText(
        "found no arbiter in the payment {id}, accepted is one that names who decides", _GIVE_UP
    ),
    # Parts of a payment
    "CaptureOutOfPlace": RefusalText(
        "found {found:amount source} as captured before, accepted is {allowed:amount source}, "
        "which was captured by now",
        _CORRECT,
    ),
    "AmountExceeds": RefusalText(
        "found {found:amount}, accepted are at most {allowed:amount}", _CORRECT
    ),
    "NothingForMerchant": RefusalText(
        "found {sourceAmount:amount source}, which would pay the merchant nothing, accepted is "
        "more, or all that is left",
        _CORRECT,
    ),
    "QuoteForOtherPayment": RefusalText(
        "found a quote for the payment {found}, accepted is one for {allowed}", _CORRECT
    ),
    "QuoteOutOfPlace": RefusalText(
        "found a quote that counts {found:amount target} as refunded before, accepted is "
        "{allowed:amount target}: ask for a new quote",
        _CORRECT,
    ),
    "InventoryTooLow": RefusalText(
        "found {found:amount token} in the inventory of {dealer} in {token}, accepted is "
        "{needed:amount token} or more",
        _WAIT,
    ),
    "NoInventory": RefusalText(
        "found no inventory of {dealer} in {token}, accepted is a dealer that has some", _GIVE_UP
    ),
    "NothingToClaim": RefusalText(
        "found nothing kept for {owner} in {token}, accepted is an owner with a claimable",
        _GIVE_UP,
    ),
    "GenerationTooGreat": RefusalText(
        "found generation {found} of the payer's bank's policy, accepted are at most {allowed}",
        _GIVE_UP,
    ),
    "NotAnAct": RefusalText(
        "found {selector:function} as act {index} of the batch, accepted is an act that moves a "
        "payment, an inventory or a claimable",
        _CORRECT,
    ),
    "InsufficientGas": RefusalText(
        "found {found} gas at hand, accepted are {needed} or more", _CORRECT
    ),
    "Undone": RefusalText("the preview was undone, as it should be", _GIVE_UP),
    # Standing, which a bank changes without a new payment or signature: wait
    "ERC7943CannotSend": RefusalText(
        "found {account}, which may not send{account:standing}, accepted is a customer in good "
        "standing",
        _WAIT,
    ),
    "ERC7943CannotReceive": RefusalText(
        "found {account}, which may not receive{account:standing}, accepted is a customer in good "
        "standing",
        _WAIT,
    ),
    "ERC7943CannotTransfer": RefusalText(
        "found a transfer of {amount:amount} from {from} to {to}, accepted is one that the bank's "
        "rules allow",
        _WAIT,
    ),
    "NotDealer": RefusalText(
        "found {account} of category {category}, good until {validUntil:time}, accepted is a "
        "dealer in good standing at both banks{account:standing}",
        _WAIT,
    ),
    "PayerBlocked": RefusalText(
        "found {payer} under a legal block, accepted is a payer without: void or reclaim instead",
        _WAIT,
    ),
    "OwnerBlocked": RefusalText(
        "found {owner} under a legal block, accepted is an owner without", _WAIT
    ),
    "SpenderBlocked": RefusalText(
        "found the spender {spender} under a legal block, accepted is one without", _WAIT
    ),
    "StandingUnknown": RefusalText(
        "found no answer of {token} about the standing of {payer}, accepted is yes or no", _AGAIN
    ),
    "UnknownCustomer": RefusalText(
        "found no customer id of {payer} to count a quota for, accepted is a registered customer",
        _WAIT,
    ),
    "WalletIsBlocked": RefusalText(
        "found {wallet} under a legal block, accepted is a wallet without", _WAIT
    ),
    "CustomerIsBlocked": RefusalText(
        "found the customer {customerId:customer} under a legal block in a registry before this "
        "one, accepted is one without: it is lifted there",
        _WAIT,
    ),
    "NotRefused": RefusalText(
        "found {owner} in good standing until {validUntil:time}, accepted is an owner that the "
        "registry refuses",
        _GIVE_UP,
    ),
    "NotSuccessor": RefusalText(
        "found {found} as receiver of what {owner} is owed, accepted is another wallet of the "
        "same customer or the suspense account, {allowed}",
        _CORRECT,
    ),
    # Corridors
    "CorridorClosed": RefusalText(
        "found no corridor of {token} from {fromZone:zone} to {toZone:zone}, accepted is an open "
        "one",
        _GIVE_UP,
    ),
    "CorridorIsSuspended": RefusalText(
        "found the corridor of {token} from {fromZone:zone} to {toZone:zone} suspended, accepted "
        "is one that is not",
        _WAIT,
    ),
    "DirectTransferClosed": RefusalText(
        "found a plain transfer from {from} in {fromZone:zone} to {to} in {toZone:zone}, accepted "
        "is one within a zone, or through a corridor that allows them",
        _GIVE_UP,
    ),
    "AmountOutsideLimits": RefusalText(
        "found {found:amount source}, accepted are {least:amount source} to "
        "{greatest:amount source} in this corridor",
        _CORRECT,
    ),
    "QuotaExceeded": RefusalText(
        "found {found:amount source}, accepted are at most {allowed:amount source}, which is left "
        "of the quota of the customer {customerId:customer} in this period",
        _WAIT,
    ),
    "PurposeRequired": RefusalText(
        "found no purpose code, accepted is one: the corridor from {fromZone:zone} to "
        "{toZone:zone} asks for it",
        _CORRECT,
    ),
    "CorridorNotNarrower": RefusalText(
        "found {found}, accepted are rules that let through nothing that the present ones "
        "don't: {present}",
        _CORRECT,
    ),
    "SuspensionUnchanged": RefusalText(
        "found the corridor of {token} from {fromZone:zone} to {toZone:zone} as it is to become "
        "(suspended: {suspended:yes}), accepted is a change",
        _GIVE_UP,
    ),
    "PeriodFixed": RefusalText(
        "found {foundPeriod} at UTC{foundOffset:offset} as period, accepted is {allowedPeriod} at "
        "UTC{allowedOffset:offset}, by which a quota was counted already",
        _CORRECT,
    ),
    "ZeroZone": RefusalText(
        "found a corridor from zone {fromZone} to zone {toZone}, accepted are zones from 1",
        _CORRECT,
    ),
    "LimitsCrossed": RefusalText(
        "found {minAmount:amount} as least and {maxAmount:amount} as greatest amount, accepted is "
        "a least that is not above the greatest",
        _CORRECT,
    ),
    "QuotaWithoutPeriod": RefusalText(
        "found a quota of {quota:amount} without a period, accepted is one with a period", _CORRECT
    ),
    "OffsetOutOfRange": RefusalText(
        "found the UTC offset {found:offset}, accepted are {least:offset} to {greatest:offset}",
        _CORRECT,
    ),
    # Money
    "ERC20InsufficientBalance": RefusalText(
        "found {balance:amount} at {sender}, accepted is {needed:amount} or more", _WAIT
    ),
    "ERC20InsufficientAllowance": RefusalText(
        "found an allowance of {allowance:amount} for {spender}, accepted is {needed:amount} or "
        "more",
        _CORRECT,
    ),
    "ERC7943InsufficientUnfrozenBalance": RefusalText(
        "found {unfrozen:amount} at {account} that are not frozen, accepted is {amount:amount} or "
        "more",
        _WAIT,
    ),
    "TokensLocked": RefusalText(
        "found {allowed:amount} at {account} that are not locked for redemptions, accepted is "
        "{found:amount} or more",
        _WAIT,
    ),
    "ERC20InvalidSender": RefusalText("found {sender} as sender, accepted is another", _CORRECT),
    "ERC20InvalidReceiver": RefusalText(
        "found {receiver} as receiver, accepted is neither the zero address nor the token",
        _CORRECT,
    ),
    "ERC20InvalidApprover": RefusalText(
        "found {approver} as owner of an allowance, accepted is another", _CORRECT
    ),
    "ERC20InvalidSpender": RefusalText("found {spender} as spender, accepted is another", _CORRECT),
    "TokenPaused": RefusalText("found the token paused, accepted is one that is not", _WAIT),
    "PauseUnchanged": RefusalText(
        "found the token as it is to become (paused: {paused:yes}), accepted is a change", _GIVE_UP
    ),
    "SafeERC20FailedOperation": RefusalText(
        "found {token}, which refuses to move or has no code, accepted is a working ERC-20 token",
        _GIVE_UP,
    ),
    "SafeCastOverflowedUintDowncast": RefusalText(
        "found {value}, accepted is a number of at most {bits} bits", _CORRECT
    ),
    "FailedCall": RefusalText(
        "found a call that failed and said nothing, accepted is one that succeeds", _GIVE_UP
    ),
    "InsufficientBalance": RefusalText(
        "found {balance:ether} ether at the contract, accepted is {needed:ether} ether or more",
        _CORRECT,
    ),
    # System accounts
    "SystemAccountClosed": RefusalText(
        "found {caller} moving tokens into {account}, which is {status}, accepted is an active "
        "system account as the caller itself",
        _GIVE_UP,
    ),
    "NotSystemAccount": RefusalText(
        "found {account}, which is {found} in the token's payment system, accepted is an active "
        "system account",
        _GIVE_UP,
    ),
    "SystemStatusUnchanged": RefusalText(
        "found {account} {status} already, accepted is a change", _GIVE_UP
    ),
    "AccountEncumbered": RefusalText(
        "found frozen or locked tokens at {account}, accepted is an account without", _CORRECT
    ),
    # Issuing and redeeming
    "NotMinter": RefusalText("found {caller} as caller, accepted is a minter", _CORRECT),
    "EntryOfOtherLedger": RefusalText(
        "found the entry {entry:entry} of ledger {found}, accepted is one of the minter's, "
        "{allowed}",
        _CORRECT,
    ),
    "EntryConsumed": RefusalText(
        "found the entry {entry:entry}, which was used before, accepted is a new one", _GIVE_UP
    ),
    "MintAllowanceExceeded": RefusalText(
        "found {found:amount}, accepted are at most {allowed:amount}, the mint allowance that "
        "{minter} has left: the treasurer refills it",
        _WAIT,
    ),
    "SupplyCapExceeded": RefusalText(
        "found a supply of {found:amount} to be, accepted are at most {allowed:amount}", _WAIT
    ),
    "InvalidMinter": RefusalText(
        "found {minter} with ledger {ledgerId} and a ceiling of {ceiling:amount}, accepted are an "
        "address, a ledger id and a ceiling above zero",
        _CORRECT,
    ),
    "LedgerTaken": RefusalText(
        "found the ledger {ledgerId} or {minter} in use, accepted is one live minter a ledger and "
        "one ledger a minter",
        _CORRECT,
    ),
    "LedgerOfOtherToken": RefusalText(
        "found the ledger {ledgerId} with {token}, accepted is one of no other token", _CORRECT
    ),
    "CeilingNotLower": RefusalText(
        "found a ceiling of {found:amount} for {minter}, accepted is less than the present "
        "{present:amount}",
        _CORRECT,
    ),
    "SupplyCapNotLower": RefusalText(
        "found a cap of {found:amount}, accepted is less than the present {present:amount}",
        _CORRECT,
    ),
    "FreezeNotHigher": RefusalText(
        "found {found:amount} to freeze at {account}, accepted is more than the present "
        "{present:amount}",
        _CORRECT,
    ),
    "WrongRedemptionStatus": RefusalText(
        "found the redemption {id} {found}, accepted is one that is {allowed}", _GIVE_UP
    ),
    "NotHolder": RefusalText(
        "found {caller} as caller, accepted is the holder of the redemption {id}, {allowed}",
        _CORRECT,
    ),
    # Participants
    "NotRegistered": RefusalText(
        "found {wallet} without a current record, accepted is a registered wallet", _CORRECT
    ),
    "AlreadyRegistered": RefusalText(
        "found {wallet} with a current record, accepted is a wallet without: renew instead",
        _CORRECT,
    ),
    "WalletNotBlocked": RefusalText(
        "found {wallet} without a block, accepted is a blocked wallet", _GIVE_UP
    ),
    "CustomerBlockUnchanged": RefusalText(
        "found the customer {customerId:customer} as it is to become (blocked: {blocked:yes}), "
        "accepted is a change",
        _GIVE_UP,
    ),
    "CustomerIdFixed": RefusalText(
        "found the customer {found:customer} for {wallet}, accepted is {allowed:customer}, which "
        "never changes: revoke the wallet and register another",
        _CORRECT,
    ),
    "InvalidParticipant": RefusalText(
        "found the record {found:word} for {wallet}, accepted is an active record with a "
        "customer id and a country",
        _CORRECT,
    ),
    "ZeroCustomer": RefusalText("found the customer id 0, accepted is one above", _CORRECT),
    "ZeroWallet": RefusalText("found the zero address, accepted is a wallet", _CORRECT),
    "ZeroCountry": RefusalText("found the country 0, accepted is a number of ISO 3166-1", _CORRECT),
    "ValidityInPast": RefusalText(
        "found an end of validity on {found:time}, accepted is one after {present:time}", _CORRECT
    ),
    "BatchLengthsDiffer": RefusalText(
        "found {wallets} wallets and {participants} records, accepted are as many", _CORRECT
    ),
    # Set-up of a bank
    "InvalidName": RefusalText(
        "found the name {found:text}, accepted are 1 to 31 printable ASCII characters", _CORRECT
    ),
    "StringTooLong": RefusalText(
        "found the text {str:text}, accepted are at most 31 bytes", _CORRECT
    ),
    "InvalidShortString": RefusalText(
        "found a text that is stored wrongly, accepted are at most 31 bytes", _GIVE_UP
    ),
    "InvalidSuspenseAccount": RefusalText(
        "found {account} as suspense account, accepted is a customer in good standing that is no "
        "system account",
        _CORRECT,
    ),
    "NoCode": RefusalText("found no contract at {found}, accepted is one", _CORRECT),
    "NoAnswer": RefusalText(
        "found {found}, which does not answer {question:function}, accepted is a contract that "
        "does",
        _CORRECT,
    ),
    "NotExtension": RefusalText(
        "found {extension} with the code {found}, accepted is the extension with {allowed}",
        _CORRECT,
    ),
    "CalledDirectly": RefusalText(
        "found a call to the code at {code}, accepted is one to a token's own address", _CORRECT
    ),
    "OwnToken": RefusalText("found the token itself, {token}, accepted is another", _CORRECT),
    "WrongAcceptance": RefusalText(
        "found {token} as {found}, accepted is a token that is {allowed}", _CORRECT
    ),
    "NotSubscribed": RefusalText(
        "found no subscription at the registry {registry}, accepted is one that tells this token",
        _CORRECT,
    ),
    "NotSubscriber": RefusalText(
        "found {caller} as caller, accepted is a subscriber of the registry", _CORRECT
    ),
    "SubscriptionUnchanged": RefusalText(
        "found {token} as it is to become (subscribed: {subscribed:yes}), accepted is a change",
        _GIVE_UP,
    ),
    "TokenPointsHere": RefusalText(
        "found {token} with its answers from this registry, accepted is a token that has another "
        "registry by now",
        _CORRECT,
    ),
    "TooManySubscribers": RefusalText(
        "found one token too many, accepted are at most {allowed}", _GIVE_UP
    ),
    "TooManyPredecessors": RefusalText(
        "found one registry too many, accepted are at most {allowed} that were replaced", _GIVE_UP
    ),
    "RegistryNotSuccessor": RefusalText(
        "found the registry {found}, accepted is one that names the present {allowed} as a "
        "predecessor",
        _CORRECT,
    ),
    "PolicyGenerationsExhausted": RefusalText(
        "found one policy too many, accepted are at most {allowed} in a token's life", _GIVE_UP
    ),
    "UnknownCode": RefusalText(
        "found the restriction code {found}, accepted are codes to {allowed}", _CORRECT
    ),
    "InvalidInitialization": RefusalText(
        "found a contract that was set up before, accepted is a new one", _GIVE_UP
    ),
    "NotInitializing": RefusalText(
        "found a contract outside its set-up, accepted is a call within it", _GIVE_UP
    ),
    "ReentrancyGuardReentrantCall": RefusalText(
        "found a call from within another act, accepted is one after it", _GIVE_UP
    ),
    "ERC1967InvalidImplementation": RefusalText(
        "found {implementation}, which is no implementation, accepted is new code of the token",
        _CORRECT,
    ),
    "ERC1967NonPayable": RefusalText("found ether with the call, accepted is none", _CORRECT),
    "ERC1967ProxyUninitialized": RefusalText(
        "found a proxy without its first call, accepted is one that sets up the token", _CORRECT
    ),
    "UUPSUnauthorizedCallContext": RefusalText(
        "found a call to the code, accepted is one to the token", _CORRECT
    ),
    "UUPSUnsupportedProxiableUUID": RefusalText(
        "found code for another kind of proxy ({slot}), accepted is code for ERC-1967", _CORRECT
    ),
    "AddressEmptyCode": RefusalText("found no contract at {target}, accepted is one", _CORRECT),
    # Who may do what
    "AccessManagedUnauthorized": RefusalText(
        "found {caller} as caller, who lacks the role for it, accepted is one who has it"
        "{caller:needed}",
        _CORRECT,
    ),
    "AccessManagedRequiredDelay": RefusalText(
        "found {caller} as caller, who has to schedule it {delay:duration} before, accepted is "
        "what was scheduled",
        _CORRECT,
    ),
    "AccessManagedInvalidAuthority": RefusalText(
        "found {authority} as AccessManager, accepted is a contract", _CORRECT
    ),
    "NotAllowedByBank": RefusalText(
        "found {caller} as caller, accepted is who may at once by the token's AccessManager, "
        "{authority}{caller:needed}",
        _CORRECT,
    ),
    "AccessManagerUnauthorizedAccount": RefusalText(
        "found {msgsender} as caller, accepted is a member of {roleId:role}", _CORRECT
    ),
    "AccessManagerUnauthorizedCall": RefusalText(
        "found {caller} calling {selector:function} of {target}, accepted is one who has the role "
        "for it",
        _CORRECT,
    ),
    "AccessManagerUnauthorizedCancel": RefusalText(
        "found {msgsender} cancelling {selector:function} of {target} by {caller}, accepted is "
        "who scheduled it, or the guardian",
        _CORRECT,
    ),
    "AccessManagerUnauthorizedConsume": RefusalText(
        "found {target} using up a schedule, accepted is its own only", _GIVE_UP
    ),
    "AccessManagerAlreadyScheduled": RefusalText(
        "found the operation {operationId} scheduled already, accepted is one that is not",
        _GIVE_UP,
    ),
    "AccessManagerNotScheduled": RefusalText(
        "found the operation {operationId} not scheduled, accepted is one that is", _CORRECT
    ),
    "AccessManagerNotReady": RefusalText(
        "found the operation {operationId} still waiting, accepted is one whose delay is over",
        _WAIT,
    ),
    "AccessManagerExpired": RefusalText(
        "found the operation {operationId} expired, accepted is one that is scheduled anew",
        _CORRECT,
    ),
    "AccessManagerLockedRole": RefusalText(
        "found {roleId:role}, which can't be changed, accepted is another role", _CORRECT
    ),
    "AccessManagerLockedFunction": RefusalText(
        "found {selector:function}, whose role can't be changed, accepted is another function",
        _CORRECT,
    ),
    "AccessManagerInvalidInitialAdmin": RefusalText(
        "found {initialAdmin} as first admin, accepted is another", _CORRECT
    ),
    "AccessManagerBadConfirmation": RefusalText(
        "found another account to renounce for, accepted is the caller's own", _CORRECT
    ),
    "AccessControlBadConfirmation": RefusalText(
        "found another account to renounce for, accepted is the caller's own", _CORRECT
    ),
    "AccessControlUnauthorizedAccount": RefusalText(
        "found {account} as caller, accepted is one with {neededRole:role}", _CORRECT
    ),
    "NotWorkingRole": RefusalText(
        "found {found:role}, accepted is a working role: neither ADMIN nor the guardian's",
        _CORRECT,
    ),
    "NotProposer": RefusalText(
        "found {account}, who does not propose at the bank's timelock, accepted is one who does",
        _CORRECT,
    ),
    "EnforcerDelayOutsideBounds": RefusalText(
        "found a delay of {found:duration}, accepted are {least:duration} to {greatest:duration}",
        _CORRECT,
    ),
    "DelayOutsideBounds": RefusalText(
        "found a delay of {found:duration}, accepted are {least:duration} to {greatest:duration}",
        _CORRECT,
    ),
    "DelayFollowsBank": RefusalText(
        "found a delay of {found:duration}, accepted is {allowed:duration}, which follows the "
        "bank's and can't be set",
        _CORRECT,
    ),
    "TimelockInsufficientDelay": RefusalText(
        "found a delay of {delay:duration}, accepted is {minDelay:duration} or more", _CORRECT
    ),
    "TimelockInvalidOperationLength": RefusalText(
        "found {targets} targets, {payloads} calls and {values} values, accepted are as many of "
        "each",
        _CORRECT,
    ),
    "TimelockUnauthorizedCaller": RefusalText(
        "found {caller} as caller, accepted is the timelock itself", _CORRECT
    ),
    "TimelockUnexecutedPredecessor": RefusalText(
        "found the operation {predecessorId}, which has to be carried out before, still open, "
        "accepted is one that is done",
        _WAIT,
    ),
    "TimelockUnexpectedOperationState": RefusalText(
        "found the operation {operationId} in another state, accepted is one that is "
        "{expectedStates:states}",
        _WAIT,
    ),
}
